-- jsonb, arrays and wide texts are never keys, and the refusal names each.
CREATE TABLE docs (id bigint, body jsonb NOT NULL, tags text[] NOT NULL, text text NOT NULL);
INSERT INTO docs SELECT n, jsonb_build_object('n', n), ARRAY['a' || n], repeat('t', 100) || n FROM generate_series(1, 20000) AS n;
VACUUM ANALYZE docs;
