-- Equality first, then the one range column.
CREATE TABLE orders (id bigint PRIMARY KEY, customer int NOT NULL, placed timestamptz NOT NULL, note text);
INSERT INTO orders SELECT n, n % 500, timestamptz '2026-01-01' + n * interval '1 minute', 'note ' || n FROM generate_series(1, 30000) AS n;
VACUUM ANALYZE orders;
