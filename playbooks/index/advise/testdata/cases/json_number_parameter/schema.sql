-- A statement with a constant and a parameter: which key of the document is looked for is said, only the number is not.
CREATE TABLE documents (id bigint, body jsonb);
INSERT INTO documents SELECT n, jsonb_build_object('uid', n % 9000, 'kind', n % 5) FROM generate_series(1, 40000) AS n;
VACUUM ANALYZE documents;
