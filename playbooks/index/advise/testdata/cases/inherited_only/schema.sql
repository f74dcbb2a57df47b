CREATE TABLE places AS SELECT n AS id, n % 4000 AS kind, repeat('p', 60) AS filling FROM generate_series(1, 20000) AS n;
CREATE TABLE more_places () INHERITS (places);
INSERT INTO more_places SELECT n, n % 4000, repeat('p', 60) FROM generate_series(20001, 60000) AS n;
VACUUM ANALYZE places, more_places;
