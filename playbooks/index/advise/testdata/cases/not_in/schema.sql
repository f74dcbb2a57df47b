-- NOT IN of a subquery is no anti join; NOT EXISTS is.
CREATE TABLE seen (id int NOT NULL, note text);
INSERT INTO seen SELECT n, repeat('n', 60) FROM generate_series(1, 60000) AS n;
CREATE TABLE fresh (id int NOT NULL, note text);
INSERT INTO fresh SELECT n, 'f' FROM generate_series(59950, 60020) AS n;
VACUUM ANALYZE seen, fresh;
