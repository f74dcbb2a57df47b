-- A boolean that keeps little is the predicate; LIMIT takes its rows in the order of the key.
CREATE TABLE jobs (id bigint, queue text NOT NULL, done boolean NOT NULL, run_at timestamptz NOT NULL, payload text);
INSERT INTO jobs SELECT n, 'queue ' || n % 20, n % 50 <> 0, timestamptz '2026-01-01' + n * interval '1 second', repeat('x', 80) FROM generate_series(1, 30000) AS n;
VACUUM ANALYZE jobs;
