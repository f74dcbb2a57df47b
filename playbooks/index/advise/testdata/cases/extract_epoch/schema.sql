-- The age of a row in seconds: the clock belongs on the other side. Where the column ends the server knows only once it has the index.
CREATE TABLE beats (id bigint, beat_at timestamptz NOT NULL, node text);
INSERT INTO beats SELECT n, now() - (n * 7919 % 60000) * interval '1 minute', repeat('n', 60) FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE beats;
