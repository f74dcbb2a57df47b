-- A cast that is more than a new label keeps an index from serving.
CREATE TABLE tokens (id uuid NOT NULL, body text);
INSERT INTO tokens SELECT md5(n::text)::uuid, repeat('b', 40) FROM generate_series(1, 30000) AS n;
VACUUM ANALYZE tokens;
