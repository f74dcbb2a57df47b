CREATE TABLE rates (id bigint, day date NOT NULL, rate numeric NOT NULL, note text);
INSERT INTO rates SELECT n, date '2000-01-01' + (n * 7919 % 60000) / 10, n, repeat('n', 60) FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE rates;
