-- A boolean that is rarely true, in another wording.
CREATE TABLE parcels (id bigint, lost boolean, depot int NOT NULL, note text);
INSERT INTO parcels SELECT n, n % 100 = 0, n % 37, repeat('n', 60) FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE parcels;
