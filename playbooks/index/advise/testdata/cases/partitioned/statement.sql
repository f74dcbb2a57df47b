SELECT * FROM parts WHERE id = 5
