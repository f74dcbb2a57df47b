CREATE TABLE metrics (at date NOT NULL, region int NOT NULL, device int NOT NULL, note text) PARTITION BY RANGE (at);
CREATE TABLE metrics_1 PARTITION OF metrics FOR VALUES FROM ('2026-01-01') TO ('2026-07-01') PARTITION BY LIST (region);
CREATE TABLE metrics_1a PARTITION OF metrics_1 FOR VALUES IN (0, 1);
CREATE TABLE metrics_1b PARTITION OF metrics_1 FOR VALUES IN (2, 3);
CREATE TABLE metrics_2 PARTITION OF metrics FOR VALUES FROM ('2026-07-01') TO ('2027-01-01');
INSERT INTO metrics SELECT date '2026-01-01' + n % 360, n % 4, n % 3001, repeat('n', 60) FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE metrics;
