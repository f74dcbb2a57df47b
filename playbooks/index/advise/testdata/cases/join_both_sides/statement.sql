SELECT b.id, i.id, i.qty, i.pad FROM bookings b JOIN booked_items i ON i.booking_id = b.id WHERE b.agent = 1234
