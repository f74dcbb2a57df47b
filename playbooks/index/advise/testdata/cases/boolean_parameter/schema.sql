-- The statement asks for a value of the boolean, so it is a key and no predicate: pg_stat_statements shows done = $1.
CREATE TABLE jobs (id bigint, queue text NOT NULL, done boolean NOT NULL, run_at timestamptz NOT NULL, payload text);
INSERT INTO jobs SELECT n, 'queue ' || n % 20, n % 50 <> 0, timestamptz '2026-01-01' + n * interval '1 second', repeat('x', 80) FROM generate_series(1, 30000) AS n;
VACUUM ANALYZE jobs;
