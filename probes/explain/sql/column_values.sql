-- Read for plans with heavy hitters: what the statistics know of a column's values. The arrays' text depends on the session's own settings, which the
-- values are read back with.
-- Costs under 1 ms a column. Versions 13 and later. Needs SELECT on the column (pg_read_all_data, 14+); else there is no row.
SELECT /* pgmedic:column_values */ s.n_distinct::float8,
       COALESCE(s.most_common_vals::text::text[], '{}'),
       COALESCE(s.histogram_bounds::text::text[], '{}')
FROM pg_catalog.pg_stats AS s
WHERE s.schemaname = $1 AND s.tablename = $2 AND s.attname = $3
ORDER BY s.inherited DESC LIMIT 1
