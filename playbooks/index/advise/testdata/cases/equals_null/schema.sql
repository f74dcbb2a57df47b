-- No comparison with NULL is true: the planner reads nothing.
CREATE TABLE marks (id bigint, grade int, note text);
INSERT INTO marks SELECT n, nullif(n % 900, 7), repeat('n', 60) FROM generate_series(1, 40000) AS n;
VACUUM ANALYZE marks;
