-- Everything is grouped: an index saves nothing that is worth it.
CREATE TABLE votes (id bigint, choice int NOT NULL, weight float8 NOT NULL);
INSERT INTO votes SELECT n, n % 12, n FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE votes;
