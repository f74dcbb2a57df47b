-- The expression of the order holds the place that this call asks for: an index on it would serve no other call.
CREATE TABLE places (id bigint, lat float8 NOT NULL, lng float8 NOT NULL, note text);
INSERT INTO places SELECT n, 47 + (n * 7919 % 30011) / 3751.0, 6 + (n * 10473 % 30013) / 3334.0, 'a note of some length ' || n FROM generate_series(1, 30000) AS n;
VACUUM ANALYZE places;
