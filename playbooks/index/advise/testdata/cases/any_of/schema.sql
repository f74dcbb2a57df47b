-- IN counts as equality where nothing needs an order.
CREATE TABLE events (id bigint, device int NOT NULL, kind text NOT NULL, body text);
INSERT INTO events SELECT n, n % 2000, 'kind ' || n % 4, repeat('y', 60) FROM generate_series(1, 40000) AS n;
VACUUM ANALYZE events;
