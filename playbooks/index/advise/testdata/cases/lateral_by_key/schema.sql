-- The newest row of each of a few by the primary key, whose index yields that order and finds none of them.
CREATE TABLE reads (member int NOT NULL, chan int NOT NULL, PRIMARY KEY (member, chan));
INSERT INTO reads SELECT n % 3000, n % 900 FROM generate_series(1, 18000) AS n ON CONFLICT DO NOTHING;
CREATE TABLE messages (id bigint PRIMARY KEY, chan int NOT NULL, body text NOT NULL);
INSERT INTO messages SELECT n, (n::bigint * 7919 % 900), md5(n::text) FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE reads, messages;
