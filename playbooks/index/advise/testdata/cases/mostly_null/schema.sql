-- Few rows have a value: an index of these alone serves every comparison with it.
CREATE TABLE entries (id bigint PRIMARY KEY, reversed bigint, pad text);
INSERT INTO entries SELECT n, CASE WHEN n % 100 = 0 THEN n - 50 END, repeat('x', 60) FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE entries;
