-- The server puts a cast between a varchar and lower().
CREATE TABLE members (id bigint, login varchar(80) NOT NULL, name text);
INSERT INTO members SELECT n, 'Login' || n, repeat('n', 60) FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE members;
