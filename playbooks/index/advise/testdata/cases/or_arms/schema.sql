-- One index for each arm of an OR.
CREATE TABLE transfers (id bigint, sender int NOT NULL, receiver int NOT NULL, memo text);
INSERT INTO transfers SELECT n, n % 5000, (n * 7919) % 4001, repeat('m', 60) FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE transfers;
