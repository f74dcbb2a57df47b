CREATE TABLE sessions (id bigint, seen timestamptz NOT NULL, agent text);
INSERT INTO sessions SELECT n, now() - (n * 7919 % 60000) * interval '10 minutes', repeat('a', 60) FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE sessions;
