SELECT sum(amount) FROM entries WHERE kind = 'k3' AND day = '2025-05-05'
