-- The server prints a column of a domain with a cast to the type that the domain is over: an index on the column serves that.
CREATE DOMAIN cents AS bigint CHECK (VALUE >= 0);
CREATE TABLE offers (id bigint, price cents NOT NULL, note text);
INSERT INTO offers SELECT n, (n * 7919) % 100003, 'a note of some length ' || n FROM generate_series(1, 30000) AS n;
VACUUM ANALYZE offers;
