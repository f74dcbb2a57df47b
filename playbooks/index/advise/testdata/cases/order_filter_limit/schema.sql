-- The equality first, then the order.
CREATE TABLE news (id bigint, section int NOT NULL, published timestamptz NOT NULL, title text);
INSERT INTO news SELECT n, n % 30, timestamptz '2026-01-01' + (n * 7919 % 60000) * interval '1 minute', repeat('t', 60) FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE news;
