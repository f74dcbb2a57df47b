-- The statistics are of an empty table.
CREATE TABLE late (id bigint, kind int NOT NULL, note text) WITH (autovacuum_enabled = false);
ANALYZE late;
INSERT INTO late SELECT n, n % 6000, repeat('n', 60) FROM generate_series(1, 60000) AS n;
