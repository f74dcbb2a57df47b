-- An interrupted build left the index of the partitioned table INVALID, without its parts: the draft goes on from there.
CREATE TABLE measures (id int, at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE measures_2026 PARTITION OF measures FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
INSERT INTO measures SELECT n, date '2026-01-01' + n % 300 FROM generate_series(1, 40000) AS n;
CREATE INDEX measures_id ON ONLY measures (id);
VACUUM ANALYZE measures;
