-- A key of a document is an expression.
CREATE TABLE hooks (id bigint, payload jsonb NOT NULL);
INSERT INTO hooks SELECT n, jsonb_build_object('order', 'o-' || n, 'pad', repeat('x', 80)) FROM generate_series(1, 40000) AS n;
VACUUM ANALYZE hooks;
