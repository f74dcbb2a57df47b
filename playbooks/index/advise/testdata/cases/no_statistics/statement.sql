SELECT * FROM fresh WHERE id = 5
