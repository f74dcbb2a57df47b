-- One of the two columns has an index, which reads 150 rows for each that it finds.
CREATE TABLE bookings (id bigint PRIMARY KEY, room int NOT NULL, guest int NOT NULL, note text);
INSERT INTO bookings SELECT n, n % 40, (n / 40) % 997, repeat('n', 60) FROM generate_series(1, 60000) AS n;
CREATE INDEX bookings_room ON bookings (room);
VACUUM ANALYZE bookings;
