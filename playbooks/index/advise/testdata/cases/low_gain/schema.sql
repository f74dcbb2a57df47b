CREATE TABLE people (id bigint, active boolean NOT NULL, name text NOT NULL);
INSERT INTO people SELECT n, n % 5 <> 0, 'name ' || n FROM generate_series(1, 40000) AS n;
VACUUM ANALYZE people;
