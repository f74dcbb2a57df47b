-- What costs is the subquery, once for each row: its own table needs the index, not the one that the primary key finds.
CREATE TABLE posts (id bigint PRIMARY KEY, title text NOT NULL);
CREATE TABLE likes (post_id bigint NOT NULL, member bigint NOT NULL, at timestamptz NOT NULL);
INSERT INTO posts SELECT n, repeat('t', 400) FROM generate_series(1, 20000) AS n;
INSERT INTO likes SELECT 1 + n::bigint * 7919 % 20000, n % 500, timestamptz '2026-01-01' + n * interval '1 minute' FROM generate_series(1, 40000) AS n;
VACUUM ANALYZE posts, likes;
