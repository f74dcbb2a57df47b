-- The primary key serves.
CREATE TABLE bookings (id bigint PRIMARY KEY, room int NOT NULL, note text);
INSERT INTO bookings SELECT n, n % 211, repeat('n', 60) FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE bookings;
