-- A queue whose workers lock the row that they take.
CREATE TABLE work (id bigint PRIMARY KEY, state text NOT NULL, priority int NOT NULL, created timestamptz NOT NULL, body text);
INSERT INTO work SELECT n, CASE WHEN n % 100 = 0 THEN 'ready' ELSE 'done' END, n % 5, timestamptz '2026-01-01' + (n * 7919 % 60000) * interval '1 minute', repeat('b', 60) FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE work;
