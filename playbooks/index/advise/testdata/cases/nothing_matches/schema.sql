-- A value that the column does not have, and columns that are all NULL.
CREATE TABLE empties (id bigint, gone int, note text);
INSERT INTO empties SELECT n, NULL, repeat('n', 60) FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE empties;
