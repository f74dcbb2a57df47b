CREATE TABLE labels (id bigint, label text NOT NULL, note text);
INSERT INTO labels SELECT n, 'L' || md5(n::text), repeat('n', 60) FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE labels;
