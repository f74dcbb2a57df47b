-- An index of the right column that no prefix can use.
CREATE TABLE codes (id bigint, code text COLLATE "en-x-icu" NOT NULL, note text);
INSERT INTO codes SELECT n, 'C' || lpad((n * 7919 % 60000)::text, 8, '0'), repeat('n', 60) FROM generate_series(1, 60000) AS n;
CREATE INDEX codes_code ON codes (code);
VACUUM ANALYZE codes;
