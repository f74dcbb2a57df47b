-- The scan and the subquery that hangs on what gathers its rows each need an index.
CREATE TABLE posts (id bigint PRIMARY KEY, author bigint NOT NULL, title text NOT NULL);
CREATE TABLE likes (post_id bigint NOT NULL, member bigint NOT NULL);
INSERT INTO posts SELECT n, n::bigint * 7919 % 6000, repeat('t', 200) FROM generate_series(1, 30000) AS n;
INSERT INTO likes SELECT 1 + n::bigint * 104729 % 30000, n % 500 FROM generate_series(1, 30000) AS n;
VACUUM ANALYZE posts, likes;
