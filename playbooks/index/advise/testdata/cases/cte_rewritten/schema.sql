CREATE TABLE events (id bigint, account integer NOT NULL, at timestamp NOT NULL, note text);
INSERT INTO events SELECT n, n * 7919 % 20000, timestamp '2024-01-01' + (n * 6151 % 50000) * interval '10 minutes', repeat('e', 60) FROM generate_series(1, 50000) AS n;
CREATE TABLE accounts (id integer, name text);
INSERT INTO accounts SELECT n, 'account ' || n FROM generate_series(1, 20000) AS n;
VACUUM ANALYZE events, accounts;
