-- A rare value of a domain as an index's predicate: the server prints it with a cast to the type that the domain is over.
CREATE DOMAIN progress AS text CHECK (VALUE IN ('new', 'done', 'failed'));
CREATE DOMAIN moment AS timestamptz;
CREATE TABLE runs (id bigint, state progress NOT NULL, at moment NOT NULL, note text);
INSERT INTO runs SELECT n, CASE WHEN n % 200 = 0 THEN 'failed' WHEN n % 3 = 0 THEN 'new' ELSE 'done' END, timestamptz '2026-01-01 00:00+00' + (n * 7919 % 40000) * interval '1 minute', 'a note of some length ' || n
FROM generate_series(1, 40000) AS n;
VACUUM ANALYZE runs;
