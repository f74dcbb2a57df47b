SELECT id FROM labels ORDER BY lower(label) LIMIT 10
