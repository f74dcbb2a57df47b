-- = ANY of a parameter that is an array.
CREATE TABLE nodes (id bigint, cluster int NOT NULL, note text);
INSERT INTO nodes SELECT n, n % 4000, repeat('n', 60) FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE nodes;
