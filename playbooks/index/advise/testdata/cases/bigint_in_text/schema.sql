-- The caller passes a text for a number: the column is cast, no index on it serves.
CREATE TABLE refs (id bigint, number text NOT NULL, note text);
INSERT INTO refs SELECT n, n::text, repeat('n', 60) FROM generate_series(1, 60000) AS n;
CREATE INDEX refs_number ON refs (number);
VACUUM ANALYZE refs;
