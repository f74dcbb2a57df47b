-- Without the extension no index serves: it is created first, where the server has it.
CREATE TABLE customers (id bigint, name text NOT NULL);
INSERT INTO customers SELECT n, md5(n::text) || ' ' || md5((n + 1)::text) FROM generate_series(1, 40000) AS n;
VACUUM ANALYZE customers;
