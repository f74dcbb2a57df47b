-- What is not true is false or not known: few rows are, and an index on them alone is small.
CREATE TABLE dues (id bigint, paid boolean, due date NOT NULL, note text);
INSERT INTO dues SELECT n, CASE WHEN n % 50 = 0 THEN NULL ELSE n % 40 <> 0 END, date '2020-01-01' + (n * 7919 % 1800)::int, 'a note of some length ' || n
FROM generate_series(1, 40000) AS n;
VACUUM ANALYZE dues;
