SELECT * FROM ONLY places WHERE kind = 5
