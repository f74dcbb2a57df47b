-- In the C collation a plain index serves a prefix.
CREATE TABLE parts (id bigint, code varchar(40) COLLATE "C" NOT NULL, note text);
INSERT INTO parts SELECT n, 'P' || lpad((n * 7919 % 60000)::text, 8, '0'), repeat('n', 60) FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE parts;
