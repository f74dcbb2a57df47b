-- One tenant has half of the rows, a thousand others share the rest.
CREATE SCHEMA app;
CREATE TABLE app.tickets (id bigint PRIMARY KEY, tenant_id int NOT NULL, state text NOT NULL, opened timestamptz NOT NULL, subject text);
INSERT INTO app.tickets SELECT n, CASE WHEN n % 2 = 0 THEN 1 ELSE 2 + n % 1000 END, (ARRAY['closed', 'closed', 'closed', 'waiting', 'open'])[1 + (n / 2) % 5],
    timestamptz '2026-01-01' + (n * 7919 % 80000) * interval '1 minute', repeat('s', 50) FROM generate_series(1, 80000) AS n;
VACUUM ANALYZE app.tickets;
