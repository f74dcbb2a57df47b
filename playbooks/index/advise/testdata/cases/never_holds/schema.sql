-- No number is above five and below three: no index helps to find none. As $n it may find rows.
CREATE TABLE marks (id bigint, grade int, note text);
INSERT INTO marks SELECT n, n % 900, repeat('n', 60) FROM generate_series(1, 40000) AS n;
VACUUM ANALYZE marks;
