-- An UPDATE reads before it writes.
CREATE TABLE accounts (id bigint, email varchar(100) NOT NULL, seen timestamptz);
INSERT INTO accounts SELECT n, 'user' || n || '@example.com', NULL FROM generate_series(1, 40000) AS n;
VACUUM ANALYZE accounts;
