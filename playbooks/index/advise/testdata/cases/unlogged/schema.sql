CREATE UNLOGGED TABLE cache (key bigint NOT NULL, value text);
INSERT INTO cache SELECT n, repeat('v', 60) FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE cache;
