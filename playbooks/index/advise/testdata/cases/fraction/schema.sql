-- A whole number is no fraction: as it is written the statement finds nothing.
CREATE TABLE marks (id bigint, grade int NOT NULL, note text);
INSERT INTO marks SELECT n, n % 900, repeat('n', 60) FROM generate_series(1, 40000) AS n;
VACUUM ANALYZE marks;
