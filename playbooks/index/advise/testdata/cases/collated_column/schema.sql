-- The server prints the COLLATE as a cast.
CREATE TABLE terms (id bigint, term text NOT NULL, pad text NOT NULL);
INSERT INTO terms SELECT n, md5(n::text), repeat('p', 60) FROM generate_series(1, 50000) AS n;
VACUUM ANALYZE terms;
