-- An index read backwards serves the descending order.
CREATE TABLE feed (id bigint, wall int NOT NULL, at timestamptz NOT NULL, note text);
INSERT INTO feed SELECT n, n % 40, timestamptz '2026-01-01' + (n * 7919 % 60000) * interval '1 minute', repeat('n', 60) FROM generate_series(1, 60000) AS n;
CREATE INDEX feed_wall_at ON feed (wall, at);
VACUUM ANALYZE feed;
