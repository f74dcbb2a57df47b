-- Every partition gets its index, the parent's without a lock on writers.
CREATE TABLE events (at timestamptz NOT NULL, account int NOT NULL, body text) PARTITION BY RANGE (at);
CREATE TABLE events_01 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE events_02 PARTITION OF events FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
CREATE TABLE events_03 PARTITION OF events FOR VALUES FROM ('2026-03-01') TO ('2026-04-01');
INSERT INTO events SELECT timestamptz '2026-01-01 12:00' + (n % 85) * interval '1 day', n % 3001, repeat('b', 60) FROM generate_series(1, 80000) AS n;
VACUUM ANALYZE events;
