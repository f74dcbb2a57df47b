-- Directions that differ are kept as the statement has them.
CREATE TABLE scores (player int NOT NULL, game int NOT NULL, points int NOT NULL, at timestamptz NOT NULL);
INSERT INTO scores SELECT n % 1000, n % 7, n % 997, timestamptz '2026-01-01' + n * interval '1 second' FROM generate_series(1, 40000) AS n;
VACUUM ANALYZE scores;
