-- Two tables refer to the rows that go, and neither has an index for it.
CREATE TABLE parents (id bigint PRIMARY KEY, pad text NOT NULL);
CREATE TABLE sons (id bigint PRIMARY KEY, parent_id bigint NOT NULL REFERENCES parents ON DELETE CASCADE, pad text NOT NULL);
CREATE TABLE daughters (id bigint PRIMARY KEY, parent_id bigint NOT NULL REFERENCES parents ON DELETE CASCADE, pad text NOT NULL);
INSERT INTO parents SELECT n, repeat('x', 60) FROM generate_series(1, 30000) AS n;
INSERT INTO sons SELECT n, 2 * (1 + (n::bigint * 7919) % 15000), repeat('x', 60) FROM generate_series(1, 40000) AS n;
INSERT INTO daughters SELECT n, 2 * (1 + (n::bigint * 104729) % 15000), repeat('x', 60) FROM generate_series(1, 40000) AS n;
VACUUM ANALYZE parents;
VACUUM ANALYZE sons;
VACUUM ANALYZE daughters;
