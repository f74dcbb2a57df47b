-- A LIMIT over a table and two that inherit from it: only where all of them have their index its rows come in order.
CREATE TABLE logs (id bigint, at timestamptz NOT NULL, note text);
CREATE TABLE web_logs () INHERITS (logs);
CREATE TABLE db_logs () INHERITS (logs);
INSERT INTO logs SELECT n, timestamptz '2026-01-01' + (n::bigint * 7919 % 60000) * interval '1 minute', repeat('n', 40) FROM generate_series(1, 8000) AS n;
INSERT INTO web_logs SELECT n, timestamptz '2026-01-01' + (n::bigint * 7919 % 60000) * interval '1 minute', repeat('n', 40) FROM generate_series(8001, 40000) AS n;
INSERT INTO db_logs SELECT n, timestamptz '2026-01-01' + (n::bigint * 7919 % 60000) * interval '1 minute', repeat('n', 40) FROM generate_series(40001, 60000) AS n;
VACUUM ANALYZE logs, web_logs, db_logs;
