SELECT count(*) FROM events WHERE device IN (3, 4, 5)
