CREATE TABLE queue (id bigint, lane int NOT NULL, due timestamptz, note text);
INSERT INTO queue SELECT n, n % 30, CASE WHEN n % 9 <> 0 THEN timestamptz '2026-01-01' + (n * 7919 % 60000) * interval '1 minute' END, repeat('n', 60) FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE queue;
