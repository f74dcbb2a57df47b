CREATE TABLE sales (id bigint, sold timestamp NOT NULL, amount numeric NOT NULL);
INSERT INTO sales SELECT n, timestamp '2026-01-01' + (n * 7919 % 60000) * interval '10 minutes', n FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE sales;
