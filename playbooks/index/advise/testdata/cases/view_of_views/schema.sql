-- Through views the tables below are seen.
CREATE TABLE orders (id bigint, client int NOT NULL, state text NOT NULL, note text);
INSERT INTO orders SELECT n, n % 3000, 's' || n % 3, repeat('n', 60) FROM generate_series(1, 60000) AS n;
CREATE VIEW live AS SELECT * FROM orders WHERE state <> 's9';
CREATE VIEW mine AS SELECT id, client AS who, note FROM live;
VACUUM ANALYZE orders;
