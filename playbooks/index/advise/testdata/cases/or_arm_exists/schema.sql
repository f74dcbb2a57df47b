-- One arm of the OR has an index: the other needs one.
CREATE TABLE papers (id bigint PRIMARY KEY, author int NOT NULL, editor int NOT NULL, body text NOT NULL);
INSERT INTO papers SELECT n, (n::bigint * 7919) % 8000, (n::bigint * 104729) % 9000, repeat('x', 80) FROM generate_series(1, 60000) AS n;
CREATE INDEX papers_editor ON papers (editor);
VACUUM ANALYZE papers;
