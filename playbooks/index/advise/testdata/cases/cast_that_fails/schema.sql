-- Some documents have an age that is no number: an index on the cast could not be built.
CREATE TABLE people (id bigint, grp int NOT NULL, doc jsonb NOT NULL);
INSERT INTO people SELECT n, n % 3000, jsonb_build_object('age', CASE WHEN n % 1000 = 7 THEN 'x' ELSE (n % 9000)::text END, 'pad', repeat('p', 60)) FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE people;
