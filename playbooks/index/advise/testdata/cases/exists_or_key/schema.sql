-- The cost of the subqueries stays whatever finds the rows of the primary key: no further index on that key.
CREATE TABLE posts (id bigint PRIMARY KEY, title text NOT NULL);
CREATE TABLE likes (post_id bigint NOT NULL, member bigint NOT NULL, at timestamptz NOT NULL);
INSERT INTO posts SELECT n, repeat('t', 20) FROM generate_series(1, 10000) AS n;
INSERT INTO likes SELECT 1 + n::bigint * 7919 % 10000, n % 500, timestamptz '2026-01-01' + n * interval '1 minute' FROM generate_series(1, 45000) AS n;
VACUUM ANALYZE posts, likes;
CREATE TABLE comments (author bigint NOT NULL, note text);
INSERT INTO comments SELECT n % 10000, repeat('n', 40) FROM generate_series(1, 5000) AS n;
VACUUM ANALYZE comments;
