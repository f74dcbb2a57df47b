CREATE TABLE tasks (id bigint, rank int, body text);
INSERT INTO tasks SELECT n, CASE WHEN n % 10 <> 0 THEN n % 6000 END, repeat('b', 60) FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE tasks;
