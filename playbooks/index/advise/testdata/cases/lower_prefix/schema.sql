-- A prefix of an expression: the operator class belongs to the expression, of which nothing is known before the ANALYZE.
CREATE TABLE names (id bigint, name text COLLATE "en-x-icu" NOT NULL, note text);
INSERT INTO names SELECT n, 'Name' || lpad((n * 7919 % 60000)::text, 6, '0'), repeat('n', 60) FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE names;
