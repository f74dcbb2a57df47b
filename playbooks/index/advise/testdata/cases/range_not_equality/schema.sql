-- The rows of a day lie together, the kinds all over it: the kind as a key before the day makes the index larger and spares no page.
CREATE TABLE entries (id bigint, kind text, day date, amount int, pad text);
INSERT INTO entries SELECT n, 'k' || n * 7919 % 6, date '2025-01-01' + (n / 200)::int, n % 1000, repeat('x', 60) FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE entries;
