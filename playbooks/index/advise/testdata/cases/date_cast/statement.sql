SELECT sum(amount) FROM sales WHERE sold::date = '2026-03-01'
