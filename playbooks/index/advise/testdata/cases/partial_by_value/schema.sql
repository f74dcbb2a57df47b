-- The partial index has what one value of the parameter asks for, and nothing of the others.
CREATE TABLE parcels (id bigint, state int NOT NULL, note text NOT NULL);
INSERT INTO parcels SELECT n, CASE WHEN n % 2000 = 0 THEN 1 ELSE 2 + n % 6000 END, repeat('n', 80) FROM generate_series(1, 60000) AS n;
CREATE INDEX parcels_lost ON parcels (state) WHERE state = 1;
VACUUM ANALYZE parcels;
