-- The day of a time zone is no immutable expression; the range that means the same needs an index on the column.
CREATE TABLE sales (id bigint, sold timestamptz NOT NULL, amount numeric NOT NULL);
INSERT INTO sales SELECT n, timestamptz '2026-01-01' + (n * 7919 % 60000) * interval '10 minutes', n FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE sales;
