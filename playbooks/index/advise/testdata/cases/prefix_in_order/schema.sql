-- A prefix in the order of the same column: one key serves one of them, and two of the same column none better.
CREATE TABLE clients (id bigint PRIMARY KEY, name text COLLATE "en-x-icu" NOT NULL, note text NOT NULL);
INSERT INTO clients SELECT n, chr(65 + n % 26) || md5(n::text), repeat('x', 60) FROM generate_series(1, 50000) AS n;
VACUUM ANALYZE clients;
