-- Two columns are the ends of a range: GiST finds the ranges that hold a value.
CREATE TABLE networks (low bigint NOT NULL, high bigint NOT NULL, country text);
INSERT INTO networks SELECT g * 4096, g * 4096 + 4095, 'c' || g % 9 FROM generate_series(1, 40000) AS g;
VACUUM ANALYZE networks;
