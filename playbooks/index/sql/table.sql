-- What the catalogue knows of table $2 in schema $1. No lock on the table itself: sizes and rows are those of the last VACUUM or ANALYZE.
-- Costs less than 1 ms. All versions from 13. Any role.
SELECT /* pgmedic:index-table */ c.oid, c.relkind::text, c.relispartition, c.relpersistence::text,
       n.nspname IN ('pg_catalog', 'information_schema', 'pg_toast'),
       c.relpages::int8, c.reltuples::float8, current_setting('block_size')::int8,
       pg_stat_get_tuples_updated(c.oid), pg_stat_get_tuples_hot_updated(c.oid)
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relname = $2
