CREATE TABLE papers (id bigint, authors int[] NOT NULL, note text);
INSERT INTO papers SELECT n, ARRAY[n % 3000, 3000 + n % 2000], repeat('n', 60) FROM generate_series(1, 40000) AS n;
VACUUM ANALYZE papers;
