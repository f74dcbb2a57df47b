-- Both arms lack the same index: it is built once.
CREATE TABLE receipts (id bigint PRIMARY KEY, reference text NOT NULL, pad text NOT NULL);
INSERT INTO receipts SELECT n, 'R' || (n::bigint * 7919) % 40000, repeat('x', 60) FROM generate_series(1, 40000) AS n;
VACUUM ANALYZE receipts;
