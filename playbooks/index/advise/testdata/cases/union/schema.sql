CREATE TABLE old_mail (id bigint, sender int NOT NULL, note text);
INSERT INTO old_mail SELECT n, n % 6000, repeat('n', 60) FROM generate_series(1, 60000) AS n;
CREATE TABLE new_mail (id bigint, sender int NOT NULL, note text);
INSERT INTO new_mail SELECT n, n % 600, repeat('n', 60) FROM generate_series(1, 3000) AS n;
CREATE INDEX new_mail_sender ON new_mail (sender);
VACUUM ANALYZE old_mail, new_mail;
