-- A type without an order has no b-tree, but a hash index.
CREATE TABLE changes (id bigint, by_xid xid NOT NULL, pad text NOT NULL);
INSERT INTO changes SELECT n, n::text::xid, repeat('p', 60) FROM generate_series(1, 50000) AS n;
VACUUM ANALYZE changes;
