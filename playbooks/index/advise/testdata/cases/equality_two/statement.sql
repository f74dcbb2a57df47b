SELECT note FROM bookings WHERE room = 17 AND guest = 100
