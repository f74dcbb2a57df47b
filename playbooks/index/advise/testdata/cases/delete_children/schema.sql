-- A DELETE looks the referencing rows up: the index is missing there.
CREATE TABLE parents (id int PRIMARY KEY, name text);
INSERT INTO parents SELECT n, 'p' || n FROM generate_series(1, 2000) AS n;
CREATE TABLE children (id bigint PRIMARY KEY, parent int NOT NULL REFERENCES parents ON DELETE CASCADE, body text);
INSERT INTO children SELECT n, 1 + n % 2000, repeat('b', 60) FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE parents, children;
