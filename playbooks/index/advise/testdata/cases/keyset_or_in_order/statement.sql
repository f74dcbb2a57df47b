SELECT id FROM visits WHERE day > '2025-08-01' OR (day = '2025-08-01' AND n > 5) ORDER BY day, n LIMIT 10
