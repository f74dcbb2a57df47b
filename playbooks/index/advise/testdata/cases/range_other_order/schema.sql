-- The range and the order are of two columns: each alone serves half, and what is read decides.
CREATE TABLE bids (id bigint, lot int NOT NULL, price int NOT NULL, at timestamptz NOT NULL, note text);
INSERT INTO bids SELECT n, n % 300, n * 31 % 10007, timestamptz '2026-01-01' + (n * 7919 % 60000) * interval '1 minute', repeat('n', 60) FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE bids;
