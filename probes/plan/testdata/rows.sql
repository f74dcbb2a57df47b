-- Rows for the tables of conditions.sql: enough for estimates that differ.
INSERT INTO t SELECT i, md5((i % 7)::text)::uuid, md5((i % 90)::text), i % 5 = 0, timestamptz '2024-01-01' + i * interval '1 hour',
	CASE WHEN i % 3 = 0 THEN timestamptz '2024-02-01' + i * interval '1 hour' END, jsonb_build_object('a', i % 4, 'k', i % 2 = 0, 'n', i), ARRAY['a', (i % 9)::text], i % 6,
	'c' || i % 50, 'f' || i % 8, tstzrange(timestamptz '2024-01-01' + i * interval '1 day', NULL), to_tsvector('english', 'cat ' || i % 30), decode(md5(i::text), 'hex'),
	'10.0.0.1'::inet + i % 200, i % 40
FROM generate_series(1, 5000) i;
INSERT INTO other SELECT i, md5(i::text) FROM generate_series(1, 300) i;
ANALYZE t, other;
