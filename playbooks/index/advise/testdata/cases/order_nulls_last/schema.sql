-- DESC NULLS LAST is no direction of a plain index.
CREATE TABLE players (id bigint, team int NOT NULL, score int);
INSERT INTO players SELECT n, n % 25, CASE WHEN n % 7 <> 0 THEN n % 10007 END FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE players;
