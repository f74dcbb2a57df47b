-- IS NOT NULL that keeps little.
CREATE TABLE imports (id bigint, error text, at timestamptz NOT NULL, body text);
INSERT INTO imports SELECT n, CASE WHEN n % 300 = 0 THEN 'bad line' END, timestamptz '2026-01-01' + (n * 7919 % 60000) * interval '1 minute', repeat('b', 60) FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE imports;
