-- The newest rows of each of a few.
CREATE TABLE shops (id int PRIMARY KEY, town text NOT NULL);
INSERT INTO shops SELECT n, 'town ' || n % 20 FROM generate_series(1, 200) AS n;
CREATE TABLE visits (shop int NOT NULL, at timestamptz NOT NULL, spent numeric NOT NULL);
INSERT INTO visits SELECT n % 200, timestamptz '2026-01-01' + (n * 7919 % 60000) * interval '1 minute', n FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE shops, visits;
