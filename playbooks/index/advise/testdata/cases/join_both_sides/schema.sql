-- Both sides of the join are read whole: each needs an index, and one alone does not halve the cost.
CREATE TABLE bookings (id bigint PRIMARY KEY, agent int NOT NULL, made timestamptz NOT NULL, pad text NOT NULL);
CREATE TABLE booked_items (id bigint PRIMARY KEY, booking_id bigint NOT NULL, qty int NOT NULL, pad text NOT NULL);
INSERT INTO bookings SELECT n, (n::bigint * 7919) % 3000, timestamptz '2026-01-01' + n * interval '1 minute', repeat('x', 60) FROM generate_series(1, 40000) AS n;
INSERT INTO booked_items SELECT n, (n::bigint * 104729) % 40000, n % 9, repeat('x', 60) FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE bookings;
VACUUM ANALYZE booked_items;
