-- The nearest by their trigrams, with the extension there.
CREATE EXTENSION pg_trgm;
CREATE TABLE books (id bigint, title text NOT NULL);
INSERT INTO books SELECT n, 'Title ' || substr(md5(n::text), 1, 10) || ' of ' || n % 500 FROM generate_series(1, 40000) AS n;
VACUUM ANALYZE books;
