-- An old kind of partitioning: the parent is empty, and its part of the order is soon sorted.
CREATE TABLE logs (id bigint, at timestamptz NOT NULL, note text);
CREATE TABLE logs_2026 () INHERITS (logs);
INSERT INTO logs_2026 SELECT n, timestamptz '2026-01-01' + (n::bigint * 7919 % 60000) * interval '1 minute', repeat('n', 40) FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE logs, logs_2026;
