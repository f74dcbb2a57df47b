-- IS TRUE counts NULL as false, as WHERE does: without it the comparison is an index's.
CREATE TABLE visits (id bigint, guest int, page text);
INSERT INTO visits SELECT n, n % 9000, repeat('p', 60) FROM generate_series(1, 50000) AS n;
VACUUM ANALYZE visits;
