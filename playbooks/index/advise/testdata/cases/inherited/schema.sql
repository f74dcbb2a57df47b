-- An old kind of partitioning.
CREATE TABLE base (id bigint, kind int NOT NULL, note text);
CREATE TABLE grown () INHERITS (base);
INSERT INTO grown SELECT n, n % 4000, repeat('n', 60) FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE base, grown;
