SELECT * FROM visits WHERE page = 5
