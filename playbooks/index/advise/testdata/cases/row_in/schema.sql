CREATE TABLE cells (x int NOT NULL, y int NOT NULL, note text);
INSERT INTO cells SELECT n % 250, n / 250, repeat('n', 60) FROM generate_series(0, 59999) AS n;
VACUUM ANALYZE cells;
