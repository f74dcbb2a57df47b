CREATE TABLE shifts (id bigint, during tstzrange NOT NULL, who text);
INSERT INTO shifts SELECT n, tstzrange(timestamptz '2026-01-01' + (n * 7919 % 40000) * interval '1 hour', timestamptz '2026-01-01' + (n * 7919 % 40000) * interval '1 hour' + interval '3 hours'),
    repeat('w', 60) FROM generate_series(1, 40000) AS n;
VACUUM ANALYZE shifts;
