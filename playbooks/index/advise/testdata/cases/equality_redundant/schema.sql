-- The new index begins with the old one's column, which it makes superfluous.
CREATE TABLE readings (sensor int NOT NULL, at timestamptz NOT NULL, value float8 NOT NULL);
INSERT INTO readings SELECT n % 20, timestamptz '2026-01-01' + n * interval '1 minute', n FROM generate_series(1, 60000) AS n;
CREATE INDEX readings_sensor ON readings (sensor);
VACUUM ANALYZE readings;
