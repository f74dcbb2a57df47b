SELECT id, note FROM clients WHERE name LIKE 'Ac4ca%' ORDER BY name LIMIT 10
