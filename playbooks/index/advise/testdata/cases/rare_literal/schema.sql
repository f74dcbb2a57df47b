-- A rare constant is the predicate where the statement has it as a literal, and a key where it is a parameter.
CREATE TABLE mails (id bigint, status text NOT NULL, priority int NOT NULL, body text);
INSERT INTO mails SELECT n, CASE WHEN n % 200 = 0 THEN 'failed' WHEN n % 3 = 0 THEN 'queued' ELSE 'sent' END, n % 10, repeat('b', 80) FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE mails;
