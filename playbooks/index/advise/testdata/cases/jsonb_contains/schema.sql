-- Containment alone: jsonb_path_ops is smaller.
CREATE TABLE documents (id bigint, doc jsonb NOT NULL);
INSERT INTO documents SELECT n, jsonb_build_object('kind', 'k' || n % 7, 'ref', n % 5000, 'tags', jsonb_build_array('a', n % 11)) FROM generate_series(1, 40000) AS n;
VACUUM ANALYZE documents;
