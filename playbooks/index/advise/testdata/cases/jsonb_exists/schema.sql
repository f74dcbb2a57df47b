-- Whether a key is there is for the plain operator class.
CREATE TABLE flags (id bigint, data jsonb NOT NULL);
INSERT INTO flags SELECT n, CASE WHEN n % 500 = 0 THEN jsonb_build_object('beta', true, 'n', n) ELSE jsonb_build_object('n', n, 'pad', repeat('x', 60)) END FROM generate_series(1, 40000) AS n;
VACUUM ANALYZE flags;
