-- The rows asked for lie all over the table: only an index that spares reading it is worth its size.
CREATE TABLE people (id bigint PRIMARY KEY, seen timestamptz NOT NULL, name text NOT NULL, pad text NOT NULL);
INSERT INTO people SELECT n, timestamptz '2026-01-01' + (n::bigint * 7919 % 60000) * interval '1 minute', 'name ' || n, repeat('x', 120) FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE people;
