-- A point has no equality but its own.
CREATE TABLE spots (id bigint, at point NOT NULL, pad text NOT NULL);
INSERT INTO spots SELECT n, point(n, n % 777), repeat('p', 60) FROM generate_series(1, 50000) AS n;
VACUUM ANALYZE spots;
