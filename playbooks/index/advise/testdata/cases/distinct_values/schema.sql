-- All values of a column with few: no index that the planner takes reads less.
CREATE TABLE colours (id bigint, colour text NOT NULL, note text);
INSERT INTO colours SELECT n, 'c' || n % 9, repeat('n', 60) FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE colours;
