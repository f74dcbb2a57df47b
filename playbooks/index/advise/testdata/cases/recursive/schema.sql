-- A walk down a tree looks its children up in every round.
CREATE TABLE categories (id bigint PRIMARY KEY, parent_id bigint, name text);
INSERT INTO categories SELECT n, CASE WHEN n > 2000 THEN n - 2000 END, repeat('c', 40) FROM generate_series(1, 20000) AS n;
VACUUM ANALYZE categories;
