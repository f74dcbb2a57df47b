CREATE TABLE visits AS SELECT n AS id, date '2024-01-01' + n / 100 AS day, n * 7919 % 1000 AS n, repeat('v', 80) AS filling FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE visits;
