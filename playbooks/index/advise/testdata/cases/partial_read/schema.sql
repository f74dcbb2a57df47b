-- Rows of a rare state are counted by another column: the index of these rows holds that one.
CREATE TABLE jobs (id int PRIMARY KEY, queue text, state text, pad text);
INSERT INTO jobs SELECT i, (ARRAY['mail','pdf','billing'])[1 + i % 3], CASE WHEN i % 200 = 0 THEN 'failed' WHEN i % 5 = 0 THEN 'waiting' ELSE 'done' END, repeat('x', 100) FROM generate_series(1, 60000) AS i;
VACUUM ANALYZE jobs;
