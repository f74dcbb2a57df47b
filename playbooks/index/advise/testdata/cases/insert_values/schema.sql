CREATE TABLE feed (id bigint, note text);
INSERT INTO feed SELECT n, repeat('n', 60) FROM generate_series(1, 40000) AS n;
VACUUM ANALYZE feed;
