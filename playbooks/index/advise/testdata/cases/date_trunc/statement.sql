SELECT sum(amount) FROM sales WHERE date_trunc('day', sold) = '2026-03-01'
