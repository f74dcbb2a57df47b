-- A part of a document, of whatever size: a hash index has four bytes of it.
CREATE TABLE reports (id bigint, doc jsonb NOT NULL);
INSERT INTO reports SELECT n, jsonb_build_object('uid', n % 15000, 'pad', repeat('p', 60)) FROM generate_series(1, 50000) AS n;
VACUUM ANALYZE reports;
