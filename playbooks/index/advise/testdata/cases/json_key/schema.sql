-- json has no equality at all; a part of it as text is an expression.
CREATE TABLE raw (id bigint, doc json NOT NULL);
INSERT INTO raw SELECT n, json_build_object('ref', 'r' || n, 'pad', repeat('x', 60)) FROM generate_series(1, 40000) AS n;
VACUUM ANALYZE raw;
