-- Text that is stored outside of its rows and not compressed is no key before an order either: no index is drafted that its rows would make fail.
CREATE TABLE pages (id bigint, title text NOT NULL, body text NOT NULL);
ALTER TABLE pages ALTER body SET STORAGE EXTERNAL;
INSERT INTO pages SELECT n, 'page ' || md5(n::text), repeat(md5(n::text), 95) FROM generate_series(1, 12000) AS n;
VACUUM ANALYZE pages;
