-- A point has no b-tree; what lies within a box is for GiST.
CREATE TABLE places (id bigint, spot point NOT NULL, name text);
INSERT INTO places SELECT n, point(n % 200, n / 200), repeat('n', 60) FROM generate_series(1, 40000) AS n;
VACUUM ANALYZE places;
