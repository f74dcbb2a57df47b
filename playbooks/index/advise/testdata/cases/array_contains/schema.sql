CREATE TABLE articles (id bigint, tags text[] NOT NULL, body text);
INSERT INTO articles SELECT n, ARRAY['t' || n % 2000, 'u' || n % 13], repeat('b', 60) FROM generate_series(1, 40000) AS n;
VACUUM ANALYZE articles;
