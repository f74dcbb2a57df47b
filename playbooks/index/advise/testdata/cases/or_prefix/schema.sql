-- Each arm of an OR is a prefix: one index is searched once for each.
CREATE TABLE stock (id int PRIMARY KEY, sku text COLLATE "en-x-icu" NOT NULL, pad text);
INSERT INTO stock SELECT i, 'SKU' || lpad(i::text, 6, '0'), repeat('x', 80) FROM generate_series(1, 50000) AS i;
VACUUM ANALYZE stock;
