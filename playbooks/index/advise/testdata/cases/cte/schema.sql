CREATE TABLE moves (id bigint, account int NOT NULL, amount numeric NOT NULL, note text);
INSERT INTO moves SELECT n, n % 3000, n, repeat('n', 60) FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE moves;
