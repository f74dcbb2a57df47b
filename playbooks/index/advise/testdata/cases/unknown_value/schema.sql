-- A value that nobody knows before the statement runs: the planner takes the column's average.
CREATE TABLE invoices (id int PRIMARY KEY, customer int NOT NULL);
INSERT INTO invoices SELECT n, n % 1000 FROM generate_series(1, 2000) AS n;
CREATE TABLE lines (invoice int NOT NULL, amount numeric NOT NULL, text text NOT NULL);
INSERT INTO lines SELECT n % 2000, n, repeat('z', 40) FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE invoices, lines;
