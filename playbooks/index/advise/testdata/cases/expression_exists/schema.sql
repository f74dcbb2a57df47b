CREATE TABLE users (id bigint, email text NOT NULL, note text);
INSERT INTO users SELECT n, 'User' || n || '@Example.com', repeat('n', 60) FROM generate_series(1, 40000) AS n;
CREATE UNIQUE INDEX users_email ON users (lower(email));
VACUUM ANALYZE users;
