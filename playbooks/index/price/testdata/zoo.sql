-- Tables of many kinds of columns for the tests of the price: 100,000 rows of 300 bytes.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
SELECT setseed(0.42);
CREATE TABLE events AS
SELECT n AS id,
       (power(random(), 3) * 400)::int AS tenant,
       (ARRAY['page', 'click', 'error', 'login', 'logout', 'export', 'import', 'rare'])[1 + (power(random(), 2) * 8)::int % 8] AS kind,
       CASE WHEN random() < 0.02 THEN 'open' WHEN random() < 0.1 THEN 'held' ELSE 'done' END AS status,
       timestamptz '2026-01-01 00:00:00+00' + n * interval '40 seconds' AS created_at,
       timestamptz '2026-01-01 00:00:00+00' + (n + random() * 20000) * interval '40 seconds' AS updated_at,
       (random() * 1000)::int AS score,
       (random() * 100000)::numeric(12, 2) AS amount,
       md5(n::text || 'u')::uuid AS uid,
       'User' || n || '.' || left(md5(n::text), 6) || '@Example' || n % 50 || '.org' AS email,
       (SELECT string_agg(left(md5((n * 13 + w)::text), 3 + (n + w) % 6), ' ') FROM generate_series(1, 12) AS w) AS body,
       CASE WHEN random() < 0.03 THEN NULL ELSE timestamptz '2026-03-01 00:00:00+00' + random() * interval '20 days' END AS closed_at,
       CASE WHEN random() < 0.2 THEN (random() * 5000)::int END AS parent,
       random() < 0.05 AS flagged,
       (random() * 4999)::int + 1 AS customer,
       (SELECT array_agg('tag' || (power((('x' || left(md5((n * 3 + w)::text), 7))::bit(28)::int % 10000) / 10000.0, 2) * 600)::int)
        FROM generate_series(1, 1 + n % 5) AS w) AS tags,
       jsonb_build_object('source', (ARRAY['web', 'app', 'api'])[1 + n % 3], 'ref', 'r' || (random() * 20000)::int, 'n', n % 100) AS data,
       'ref-' || lpad((random() * 99999)::int::text, 5, '0') || '-' || n % 10 AS code,
       random() * 90 AS lat,
       tstzrange(timestamptz '2026-01-01 00:00:00+00' + n * interval '40 seconds',
                 timestamptz '2026-01-01 00:00:00+00' + n * interval '40 seconds' + random() * interval '8 hours') AS during
FROM generate_series(1, 100000) AS n;
ALTER TABLE events ADD PRIMARY KEY (id);
ALTER TABLE events ADD COLUMN words tsvector GENERATED ALWAYS AS (to_tsvector('simple', body)) STORED;
CREATE TABLE customers AS
SELECT n AS id, 'customer ' || n AS name, (ARRAY['de', 'fr', 'es', 'it'])[1 + n % 4] AS country, n % 100 AS region FROM generate_series(1, 5000) AS n;
ALTER TABLE customers ADD PRIMARY KEY (id);
CREATE TABLE logs (id int, at timestamptz NOT NULL, level text, message text) PARTITION BY RANGE (at);
CREATE TABLE logs_1 PARTITION OF logs FOR VALUES FROM ('2026-01-01 00:00+00') TO ('2026-02-01 00:00+00');
CREATE TABLE logs_2 PARTITION OF logs FOR VALUES FROM ('2026-02-01 00:00+00') TO ('2026-03-01 00:00+00');
CREATE TABLE logs_3 PARTITION OF logs FOR VALUES FROM ('2026-03-01 00:00+00') TO ('2026-04-01 00:00+00');
INSERT INTO logs SELECT n, timestamptz '2026-01-01 00:00+00' + n * interval '1 minute', (ARRAY['debug', 'info', 'warn', 'error'])[1 + (power(random(), 4) * 4)::int % 4],
       md5(n::text) || md5((n + 1)::text) FROM generate_series(1, 120000) AS n;
CREATE TABLE carts (id int NOT NULL, owner int NOT NULL, changed timestamptz, state text, labels text[]) PARTITION BY HASH (id);
CREATE TABLE carts_0 PARTITION OF carts FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE carts_1 PARTITION OF carts FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE carts_2 PARTITION OF carts FOR VALUES WITH (MODULUS 4, REMAINDER 2);
CREATE TABLE carts_3 PARTITION OF carts FOR VALUES WITH (MODULUS 4, REMAINDER 3);
INSERT INTO carts SELECT n, 1 + (random() * 40000)::int, timestamptz '2026-01-01 00:00+00' + random() * interval '100 days',
       CASE WHEN random() < 0.03 THEN 'open' ELSE 'closed' END, ARRAY['l' || n % 700, 'm' || (random() * 9000)::int] FROM generate_series(1, 120000) AS n;
CREATE TABLE places AS SELECT n AS id, 'city' || c AS city, 'land' || c / 20 AS country, c AS zip, c / 20 AS area, repeat('x', 60) AS note
FROM (SELECT n, (power(random(), 2) * 1000)::int AS c FROM generate_series(1, 60000) AS n) AS q;
CREATE TABLE stale AS SELECT id, tenant, score, body FROM events;
VACUUM (ANALYZE) stale;
UPDATE stale SET score = score + 1 WHERE id > 70000 AND id < 95000;
ANALYZE stale;
