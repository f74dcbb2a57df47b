CREATE TABLE wanted (id int PRIMARY KEY);
INSERT INTO wanted SELECT n * 191 FROM generate_series(1, 50) AS n;
CREATE TABLE stock (id bigint, article int NOT NULL, note text);
INSERT INTO stock SELECT n, n % 9000, repeat('n', 60) FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE wanted, stock;
