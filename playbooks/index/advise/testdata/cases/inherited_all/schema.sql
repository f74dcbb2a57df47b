-- A table and two that inherit from it: what is left without an index is read whole.
CREATE TABLE logs (id bigint, source text NOT NULL, note text);
CREATE TABLE web_logs () INHERITS (logs);
CREATE TABLE db_logs () INHERITS (logs);
INSERT INTO logs SELECT n, 's' || n % 50, repeat('n', 40) FROM generate_series(1, 8000) AS n;
INSERT INTO web_logs SELECT n, 's' || n % 50, repeat('n', 40) FROM generate_series(8001, 40000) AS n;
INSERT INTO db_logs SELECT n, 's' || n % 50, repeat('n', 40) FROM generate_series(40001, 60000) AS n;
VACUUM ANALYZE logs, web_logs, db_logs;
