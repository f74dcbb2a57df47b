-- For the account that hurts most of the table is read whatever there is; for all others the index is worth it.
CREATE TABLE visits (id bigint PRIMARY KEY, account int NOT NULL, page text NOT NULL, pad text NOT NULL);
INSERT INTO visits SELECT n, CASE WHEN n % 10 < 7 THEN 1 ELSE 2 + (n::bigint * 7919) % 3000 END, 'page ' || n % 40, repeat('x', 60) FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE visits;
