-- The other side of a join in a DELETE.
CREATE TABLE gone (id int PRIMARY KEY);
INSERT INTO gone SELECT n * 299 FROM generate_series(1, 20) AS n;
CREATE TABLE entries (id bigint, owner int NOT NULL, note text);
INSERT INTO entries SELECT n, n % 6000, repeat('n', 60) FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE gone, entries;
