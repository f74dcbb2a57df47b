-- A row comparison pages by the order of the key.
CREATE TABLE posts (id bigint NOT NULL, created timestamptz NOT NULL, body text);
INSERT INTO posts SELECT n, timestamptz '2026-01-01' + (n * 7919 % 60000 / 3) * interval '1 minute', repeat('p', 60) FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE posts;
