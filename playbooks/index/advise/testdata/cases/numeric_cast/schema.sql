-- A numeric constant against an integer column casts the column.
CREATE TABLE items (id int NOT NULL, body text);
INSERT INTO items SELECT n, repeat('b', 60) FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE items;
