-- Only the points are read: the index has them.
CREATE TABLE shops (id bigint PRIMARY KEY, pos point NOT NULL, note text);
INSERT INTO shops SELECT n, point(n::bigint * 7919 % 40000, n::bigint * 104729 % 39989), repeat('n', 60) FROM generate_series(1, 40000) AS n;
VACUUM ANALYZE shops;
