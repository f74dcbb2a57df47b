-- = ANY (column) is served by no index; the containment that means the same is.
CREATE TABLE articles (id bigint, labels int[] NOT NULL, body text);
INSERT INTO articles SELECT n, ARRAY[n % 2000, 5000 + n % 13], repeat('b', 60) FROM generate_series(1, 40000) AS n;
VACUUM ANALYZE articles;
