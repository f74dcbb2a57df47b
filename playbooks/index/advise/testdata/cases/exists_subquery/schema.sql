CREATE TABLE authors (id int PRIMARY KEY, name text NOT NULL);
INSERT INTO authors SELECT n, 'a' || n FROM generate_series(1, 300) AS n;
CREATE TABLE books (id bigint, author int NOT NULL, title text);
INSERT INTO books SELECT n, n % 290, repeat('t', 60) FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE authors, books;
