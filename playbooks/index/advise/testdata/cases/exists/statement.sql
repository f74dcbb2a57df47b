SELECT * FROM visits WHERE page = 5 AND visitor = 6
