-- Each arm takes its first rows, and a LIMIT the first of all: both need their order.
CREATE TABLE posts (id bigint PRIMARY KEY, created_at timestamptz NOT NULL, note text);
CREATE TABLE comments (id bigint PRIMARY KEY, created_at timestamptz NOT NULL, note text);
INSERT INTO posts SELECT n, timestamptz '2026-01-01' + (n::bigint * 7919 % 30000) * interval '1 minute', repeat('p', 60) FROM generate_series(1, 30000) AS n;
INSERT INTO comments SELECT n, timestamptz '2026-01-01' + (n::bigint * 104729 % 25000) * interval '1 minute', repeat('c', 60) FROM generate_series(1, 25000) AS n;
VACUUM ANALYZE posts, comments;
