-- Deep pages are read and thrown away, whatever index there is.
CREATE TABLE feed (id bigint PRIMARY KEY, note text);
INSERT INTO feed SELECT n, repeat('n', 60) FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE feed;
