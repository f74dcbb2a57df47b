-- Nearly all are active: as a key before the order it would only make the index larger.
CREATE TABLE members (id bigint, active boolean NOT NULL, seen timestamptz, pad text NOT NULL);
INSERT INTO members SELECT n, n % 60 > 0, CASE WHEN n % 10 > 0 THEN timestamptz '2026-01-01' - (n::bigint * 7919 % 50000) * interval '1 minute' END, repeat('p', 60) FROM generate_series(1, 50000) AS n;
VACUUM ANALYZE members;
