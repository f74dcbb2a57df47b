-- Several values break the order behind them: what is read of each is small.
CREATE TABLE alerts (id bigint, host int NOT NULL, raised timestamptz NOT NULL, text text);
INSERT INTO alerts SELECT n, n % 1000, timestamptz '2026-01-01' + (n * 7919 % 60000) * interval '1 minute', repeat('t', 60) FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE alerts;
