-- The statement reads its table twice: once for the greatest value, once for the row that has it. One index serves both.
CREATE TABLE audit (id bigint, at timestamptz NOT NULL, note text);
INSERT INTO audit SELECT n, timestamptz '2026-01-01 00:00+00' + n * interval '1 minute', repeat('n', 60) FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE audit;
