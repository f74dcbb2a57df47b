-- A prefix in a collation that is not C needs the operator class for patterns.
CREATE TABLE parts (id bigint, code text COLLATE "en-x-icu" NOT NULL, note text);
INSERT INTO parts SELECT n, 'P' || lpad((n * 7919 % 60000)::text, 8, '0'), repeat('n', 60) FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE parts;
