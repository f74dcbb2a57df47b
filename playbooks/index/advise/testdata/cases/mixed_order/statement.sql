SELECT * FROM scores WHERE game = 3 ORDER BY points DESC, at LIMIT 10
