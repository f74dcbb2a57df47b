-- A DELETE of what is old reads the table from one end.
CREATE TABLE tokens (id bigint, expires timestamptz NOT NULL, body text);
INSERT INTO tokens SELECT n, timestamptz '2026-01-01' + (n * 7919 % 60000) * interval '1 minute', repeat('b', 60) FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE tokens;
