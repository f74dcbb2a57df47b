-- The primary key of a partitioned table leads with the column that it is partitioned by: it finds the keys within one partition.
CREATE TABLE sales (id bigint NOT NULL, region text NOT NULL, total numeric NOT NULL, PRIMARY KEY (region, id)) PARTITION BY LIST (region);
CREATE TABLE sales_eu PARTITION OF sales FOR VALUES IN ('eu');
CREATE TABLE sales_us PARTITION OF sales FOR VALUES IN ('us');
CREATE TABLE sales_rest PARTITION OF sales DEFAULT;
INSERT INTO sales SELECT n, (ARRAY['eu', 'eu', 'us', 'ap'])[1 + n % 4], n / 7.0 FROM generate_series(1, 40000) AS n;
VACUUM ANALYZE sales;
