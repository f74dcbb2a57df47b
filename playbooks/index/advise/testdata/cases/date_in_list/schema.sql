-- Two days of a point in time, cut off: two stretches of one index.
CREATE TABLE visits (id bigint, at timestamptz NOT NULL, page text);
INSERT INTO visits SELECT n, timestamptz '2026-01-01' + n * interval '7 minutes', repeat('p', 60) FROM generate_series(1, 50000) AS n;
VACUUM ANALYZE visits;
