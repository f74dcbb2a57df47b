CREATE TABLE fresh (id int, name text) WITH (autovacuum_enabled = false);
INSERT INTO fresh SELECT n, 'name ' || n FROM generate_series(1, 40000) AS n;
