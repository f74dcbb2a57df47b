-- Read for plans with values: the values of a table's expressions that CREATE STATISTICS keeps.
-- Costs under 1 ms a table. Versions 14 and later (not sent on 13). Needs SELECT on the table's columns (pg_read_all_data); else there is no row.
SELECT /* pgmedic:extended_values */ s.expr, COALESCE(s.n_distinct, 0)::float8, COALESCE(s.null_frac, 0)::float8,
       COALESCE(s.most_common_vals::text::text[], '{}'), COALESCE(s.most_common_freqs::float8[], '{}'),
       COALESCE(s.histogram_bounds::text::text[], '{}')
FROM pg_catalog.pg_stats_ext_exprs AS s
WHERE s.schemaname = $1 AND s.tablename = $2
