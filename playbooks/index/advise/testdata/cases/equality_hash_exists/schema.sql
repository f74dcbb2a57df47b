-- A hash index serves an equality as well as a b-tree.
CREATE TABLE keys (key text NOT NULL, value text NOT NULL);
INSERT INTO keys SELECT md5(n::text), repeat('v', 60) FROM generate_series(1, 40000) AS n;
CREATE INDEX keys_key ON keys USING hash (key);
VACUUM ANALYZE keys;
