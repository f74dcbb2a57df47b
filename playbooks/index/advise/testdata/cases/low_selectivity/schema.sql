-- Half of the rows: no index.
CREATE TABLE people (id bigint, sex text NOT NULL, name text NOT NULL);
INSERT INTO people SELECT n, CASE WHEN n % 2 = 0 THEN 'f' ELSE 'm' END, 'name ' || n FROM generate_series(1, 40000) AS n;
VACUUM ANALYZE people;
