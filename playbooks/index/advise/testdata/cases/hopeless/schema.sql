-- No index helps a column inside an expression; the rewrite does.
CREATE TABLE log (id bigint, created_at timestamptz NOT NULL, line text);
INSERT INTO log SELECT n, timestamptz '2026-01-01' + n * interval '1 minute', repeat('l', 50) FROM generate_series(1, 40000) AS n;
VACUUM ANALYZE log;
