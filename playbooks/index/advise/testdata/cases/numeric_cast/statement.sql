SELECT body FROM items WHERE id = 77.0
