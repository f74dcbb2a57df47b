-- Domains over an integer with a check, a number with a scale and a uuid: equality, an order and the arms of an OR are on the columns.
CREATE DOMAIN account AS int CHECK (VALUE > 0);
CREATE DOMAIN money AS numeric(12, 2);
CREATE DOMAIN outside AS uuid;
CREATE TABLE bills (id bigint, cust account NOT NULL, amount money NOT NULL, ext outside NOT NULL, note text);
INSERT INTO bills SELECT n, 1 + (n * 7919) % 3000, (n * 37) % 100000 / 7.0, md5(n::text)::uuid, 'a note of some length ' || n FROM generate_series(1, 30000) AS n;
VACUUM ANALYZE bills;
