SELECT note FROM bookings WHERE id = 17 AND room = 17
