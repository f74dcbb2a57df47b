-- The referencing side of a join has no index.
CREATE TABLE baskets (id int PRIMARY KEY, customer int NOT NULL);
INSERT INTO baskets SELECT n, n % 2000 FROM generate_series(1, 20000) AS n;
CREATE INDEX baskets_customer ON baskets (customer);
CREATE TABLE lines (id bigint PRIMARY KEY, basket int NOT NULL REFERENCES baskets, product int NOT NULL, note text);
INSERT INTO lines SELECT n, 1 + n % 20000, n % 300, repeat('n', 60) FROM generate_series(1, 80000) AS n;
VACUUM ANALYZE baskets, lines;
