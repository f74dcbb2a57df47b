-- One value of column $3 of table $2 in schema $1 as text, from its statistics. No row, or NULL: there are none, or the role may not read them.
-- Costs about 1 ms. Versions 13 and later. Takes no lock on the table. pg_stats shows only columns that the role may SELECT.
SELECT /* pgmedic:table_sample */ coalesce((s.most_common_vals::pg_catalog.text::pg_catalog.text[])[1], (s.histogram_bounds::pg_catalog.text::pg_catalog.text[])[1])
FROM pg_catalog.pg_stats AS s
WHERE s.schemaname = $1 AND s.tablename = $2 AND s.attname = $3
ORDER BY 1 NULLS LAST LIMIT 1
