-- The least value stands at the end of an index.
CREATE TABLE prices (id bigint, product int NOT NULL, price numeric(10,2) NOT NULL, note text);
INSERT INTO prices SELECT n, n % 50, (n * 7919 % 60000) / 100.0, repeat('n', 60) FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE prices;
