-- A partial index that the statement's conditions imply.
CREATE TABLE orders (id bigint, state text NOT NULL, customer int NOT NULL, note text);
INSERT INTO orders SELECT n, CASE WHEN n % 50 = 0 THEN 'open' ELSE 'done' END, n % 700, repeat('n', 60) FROM generate_series(1, 60000) AS n;
CREATE INDEX orders_open ON orders (customer) WHERE state = 'open';
VACUUM ANALYZE orders;
