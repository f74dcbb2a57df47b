CREATE TABLE pages (id bigint, words tsvector NOT NULL);
INSERT INTO pages SELECT n, to_tsvector('simple', 'word' || n % 3000 || ' term' || n % 17 || ' all') FROM generate_series(1, 40000) AS n;
VACUUM ANALYZE pages;
