-- Read for plans with values: the expressions of a table's indexes, and the columns of pg_stats that hold their values.
-- Costs under 1 ms a table; pg_get_indexdef waits for who holds the index locked, as long as lock_timeout lets it. Versions 13 and later.
-- Every role may.
SELECT /* pgmedic:expression_indexes */ pg_get_indexdef(i.indexrelid, a.attnum, false), n.nspname::text, x.relname::text, a.attname::text
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_index AS i ON i.indrelid = c.oid AND i.indexprs IS NOT NULL AND i.indisvalid
JOIN pg_catalog.pg_class AS x ON x.oid = i.indexrelid JOIN pg_catalog.pg_attribute AS a ON a.attrelid = x.oid
WHERE n.nspname = $1 AND c.relname = $2 AND i.indkey[a.attnum - 1] = 0 AND a.attnum <= i.indnkeyatts
