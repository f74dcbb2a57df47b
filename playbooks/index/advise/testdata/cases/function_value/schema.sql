-- A function that is stable has one value for the statement, one that is volatile may have another for every row.
CREATE SCHEMA auth;
CREATE FUNCTION auth.uid() RETURNS int STABLE LANGUAGE plpgsql AS 'BEGIN RETURN 77; END';
CREATE FUNCTION auth.any_state() RETURNS int VOLATILE LANGUAGE plpgsql AS 'BEGIN RETURN 3; END';
CREATE TABLE letters (id bigint, owner int NOT NULL, state int NOT NULL, body text);
INSERT INTO letters SELECT n, n * 7919 % 3000, n % 5, repeat('b', 80) FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE letters;
