SELECT * FROM orders WHERE customer = 7 AND placed > timestamptz '2026-01-18'
