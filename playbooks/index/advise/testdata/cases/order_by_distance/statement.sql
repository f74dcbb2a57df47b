SELECT id FROM places ORDER BY (lat - 48.1) * (lat - 48.1) + (lng - 11.5) * (lng - 11.5) LIMIT 5
