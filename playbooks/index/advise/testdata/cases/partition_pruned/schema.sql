-- The statement reads one partition, whose index may stand alone or with the others'.
CREATE TABLE days (at date NOT NULL, kind int NOT NULL, note text) PARTITION BY RANGE (at);
CREATE TABLE days_1 PARTITION OF days FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE days_2 PARTITION OF days FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
INSERT INTO days SELECT date '2026-01-01' + n % 59, n / 59 % 500, repeat('n', 60) FROM generate_series(0, 79999) AS n;
VACUUM ANALYZE days;
