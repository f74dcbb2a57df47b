-- <> that keeps little is the predicate, with the constant of the statement.
CREATE TABLE payments (id bigint, state text NOT NULL, created timestamptz NOT NULL, memo text);
INSERT INTO payments SELECT n, CASE WHEN n % 100 = 0 THEN 'pending' ELSE 'settled' END, timestamptz '2026-01-01' + n * interval '1 minute', repeat('m', 60) FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE payments;
