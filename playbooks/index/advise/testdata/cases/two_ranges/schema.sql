-- Only one range can bound the index; the other filters within it.
CREATE TABLE trips (id bigint, began timestamptz NOT NULL, miles int NOT NULL, note text);
INSERT INTO trips SELECT n, timestamptz '2026-01-01' + (n * 7919 % 60000) * interval '1 minute', n * 31 % 10007, repeat('n', 60) FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE trips;
