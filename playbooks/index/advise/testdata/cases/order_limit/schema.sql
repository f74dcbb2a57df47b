-- The order alone, for a LIMIT.
CREATE TABLE news (id bigint, published timestamptz NOT NULL, title text);
INSERT INTO news SELECT n, timestamptz '2026-01-01' + (n * 7919 % 40000) * interval '1 minute', repeat('t', 60) FROM generate_series(1, 40000) AS n;
VACUUM ANALYZE news;
