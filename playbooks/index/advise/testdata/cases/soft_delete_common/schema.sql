-- IS NULL that keeps nearly all is no predicate that is worth it.
CREATE TABLE accounts (id bigint, email text NOT NULL, deleted_at timestamptz);
INSERT INTO accounts SELECT n, 'user' || n || '@example.com', CASE WHEN n % 20 = 0 THEN timestamptz '2026-01-01' END FROM generate_series(1, 40000) AS n;
VACUUM ANALYZE accounts;
