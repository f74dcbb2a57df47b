CREATE TABLE small (id int, name text);
INSERT INTO small SELECT n, 'name ' || n FROM generate_series(1, 1000) AS n;
VACUUM ANALYZE small;
