-- Many rows all over the table have the value: what is read of them is the last key, where repeated keys are stored once.
CREATE TABLE tickets (id int, account int, status text, pad text);
INSERT INTO tickets SELECT i, CASE WHEN i % 5 < 2 THEN 1 ELSE i % 3000 END, 's' || (i * 7919) % 6, repeat('x', 100) FROM generate_series(1, 60000) AS i;
VACUUM ANALYZE tickets;
