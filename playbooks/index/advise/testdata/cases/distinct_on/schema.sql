-- The newest of one device's rows for each channel.
CREATE TABLE samples (device int NOT NULL, channel int NOT NULL, at timestamptz NOT NULL, value float8 NOT NULL);
INSERT INTO samples SELECT n % 100, n / 100 % 5, timestamptz '2026-01-01' + (n * 7919 % 60000) * interval '1 minute', n FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE samples;
