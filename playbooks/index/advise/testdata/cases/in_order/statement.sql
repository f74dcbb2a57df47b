SELECT id FROM alerts WHERE host IN (3, 4, 5) ORDER BY raised DESC LIMIT 10
