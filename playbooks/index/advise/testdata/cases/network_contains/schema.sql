-- The networks that hold an address.
CREATE TABLE routes (id bigint, net cidr NOT NULL, pad text NOT NULL);
INSERT INTO routes SELECT n, ('10.' || n % 250 || '.' || n / 250 || '.0/24')::cidr, repeat('p', 60) FROM generate_series(1, 50000) AS n;
VACUUM ANALYZE routes;
