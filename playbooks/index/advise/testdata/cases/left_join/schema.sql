CREATE TABLE members (id int PRIMARY KEY, club int NOT NULL);
INSERT INTO members SELECT n, n % 600 FROM generate_series(1, 6000) AS n;
CREATE INDEX members_club ON members (club);
CREATE TABLE fees (id bigint, member int NOT NULL, paid numeric NOT NULL, note text);
INSERT INTO fees SELECT n, 1 + n % 6000, n, repeat('n', 60) FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE members, fees;
