CREATE TABLE feed (id bigint PRIMARY KEY, kind int, note text);
INSERT INTO feed SELECT n, n % 7, repeat('n', 60) FROM generate_series(1, 40000) AS n;
VACUUM ANALYZE feed;
