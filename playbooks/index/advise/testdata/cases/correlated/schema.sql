-- The planner multiplies what belongs together: the order's column stays though it expects few rows.
CREATE TABLE cars (id bigint, make text NOT NULL, model text NOT NULL, listed timestamptz NOT NULL, text text);
INSERT INTO cars SELECT n, 'make ' || n % 20, 'model ' || n % 20, timestamptz '2026-01-01' + (n * 7919 % 60000) * interval '1 minute', repeat('t', 60) FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE cars;
