-- Each arm of the UNION ALL reads a table of its own.
CREATE TABLE invoices (id bigint PRIMARY KEY, reference text NOT NULL, pad text NOT NULL);
CREATE TABLE credit_notes (id bigint PRIMARY KEY, reference text NOT NULL, pad text NOT NULL);
INSERT INTO invoices SELECT n, 'R' || (n::bigint * 7919) % 40000, repeat('x', 60) FROM generate_series(1, 40000) AS n;
INSERT INTO credit_notes SELECT n, 'R' || (n::bigint * 104729) % 40000, repeat('x', 60) FROM generate_series(1, 40000) AS n;
VACUUM ANALYZE invoices;
VACUUM ANALYZE credit_notes;
