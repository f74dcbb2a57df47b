-- IS NULL that keeps little is the predicate.
CREATE TABLE uploads (id bigint, owner int NOT NULL, finished_at timestamptz, path text);
INSERT INTO uploads SELECT n, n % 50, CASE WHEN n % 40 <> 0 THEN timestamptz '2026-01-01' + n * interval '1 second' END, repeat('p', 60) FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE uploads;
