CREATE TABLE documents (id bigint, body jsonb);
INSERT INTO documents SELECT n, jsonb_build_object('ref', 'r' || n % 9000, 'kind', n % 5) FROM generate_series(1, 40000) AS n;
VACUUM ANALYZE documents;
