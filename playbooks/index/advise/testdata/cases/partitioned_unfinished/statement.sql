SELECT * FROM measures WHERE id = 5
