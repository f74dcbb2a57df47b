-- The subquery runs for each row that the scan finds: what one index saves of it, the scan has less of.
CREATE TABLE entries (id bigint PRIMARY KEY, batch bigint NOT NULL, amount numeric NOT NULL, note text);
INSERT INTO entries SELECT n, n::bigint * 7919 % 1000, n % 977, repeat('n', 40) FROM generate_series(1, 50000) AS n;
VACUUM ANALYZE entries;
