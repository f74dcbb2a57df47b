-- A key of that width would be nearly the table: a hash stands for it.
CREATE TABLE urls (id bigint, url text NOT NULL);
INSERT INTO urls SELECT n, 'https://example.com/' || repeat(md5(n::text), 6) FROM generate_series(1, 30000) AS n;
VACUUM ANALYZE urls;
