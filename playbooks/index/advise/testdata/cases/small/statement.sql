SELECT * FROM small WHERE id = 5
