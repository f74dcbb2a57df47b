-- What is counted need not be read from the table.
CREATE TABLE clicks (id bigint, campaign int NOT NULL, at timestamptz NOT NULL, agent text);
INSERT INTO clicks SELECT n, n % 40, timestamptz '2026-01-01' + n * interval '1 second', repeat('a', 80) FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE clicks;
