CREATE TABLE facts (id bigint, region int NOT NULL, note text);
INSERT INTO facts SELECT n, n % 3000, repeat('n', 60) FROM generate_series(1, 60000) AS n;
CREATE MATERIALIZED VIEW by_region AS SELECT * FROM facts;
VACUUM ANALYZE by_region;
