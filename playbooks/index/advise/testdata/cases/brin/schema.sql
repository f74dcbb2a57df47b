-- An append-only log whose order on disk is the column's.
CREATE TABLE access_log (at timestamptz NOT NULL, path text NOT NULL, ms int NOT NULL);
INSERT INTO access_log SELECT timestamptz '2026-01-01' + n * interval '1 second', '/path/' || n % 100 || repeat('p', 80), n % 1000 FROM generate_series(1, 100000) AS n;
VACUUM ANALYZE access_log;
