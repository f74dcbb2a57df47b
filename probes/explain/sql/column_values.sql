-- Read for plans with values: what the statistics know of a column's values; of a partition's column those of the whole table where there are any. The arrays'
-- text depends on the session's own settings, which the values are read back with.
-- Costs under 1 ms a column. Versions 13 and later. Needs SELECT on the column (pg_read_all_data, 14+); else there is no row.
SELECT /* pgmedic:column_values */ s.n_distinct::float8, s.null_frac::float8,
       COALESCE(s.most_common_vals::text::text[], '{}'), COALESCE(s.most_common_freqs::float8[], '{}'),
       COALESCE(s.histogram_bounds::text::text[], '{}'),
       COALESCE(s.most_common_elems::text::text[], '{}'), COALESCE(s.most_common_elem_freqs::float8[], '{}')
FROM pg_catalog.pg_stats AS s
WHERE s.attname = $3
  AND (s.schemaname, s.tablename) IN (
      SELECT n.nspname, c.relname
      FROM pg_catalog.pg_class AS leaf JOIN pg_catalog.pg_namespace AS home ON home.oid = leaf.relnamespace
      JOIN pg_catalog.pg_class AS c ON c.oid IN (leaf.oid, pg_partition_root(leaf.oid)) JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
      WHERE home.nspname = $1 AND leaf.relname = $2)
ORDER BY (s.schemaname, s.tablename) = ($1, $2), s.inherited DESC LIMIT 1
