CREATE TABLE fixes (id int PRIMARY KEY, amount int NOT NULL);
INSERT INTO fixes SELECT n * 997, n FROM generate_series(1, 20) AS n;
CREATE TABLE bills (id bigint, number int NOT NULL, amount int NOT NULL, note text);
INSERT INTO bills SELECT n, n % 20000, n, repeat('n', 60) FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE fixes, bills;
