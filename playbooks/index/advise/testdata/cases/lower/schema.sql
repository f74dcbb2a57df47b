-- An expression, which needs statistics of its own.
CREATE TABLE "Users" (id bigint, "Email" text NOT NULL, name text);
INSERT INTO "Users" SELECT n, 'User' || n || '@Example.com', repeat('n', 40) FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE "Users";
