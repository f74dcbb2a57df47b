-- A network within another.
CREATE TABLE leases (id bigint, address inet NOT NULL, note text);
INSERT INTO leases SELECT n, ('10.' || n % 200 || '.' || n / 200 % 200 || '.1')::inet, repeat('n', 60) FROM generate_series(1, 40000) AS n;
VACUUM ANALYZE leases;
