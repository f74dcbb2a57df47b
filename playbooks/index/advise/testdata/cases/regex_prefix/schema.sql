-- A regular expression that is anchored is a prefix.
CREATE TABLE hosts (id bigint, name text COLLATE "en-x-icu" NOT NULL, note text);
INSERT INTO hosts SELECT n, 'h' || lpad((n * 7919 % 60000)::text, 6, '0') || '.example', repeat('n', 60) FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE hosts;
