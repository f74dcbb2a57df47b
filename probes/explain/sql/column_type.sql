-- Read for plans with values: a column's type, quoted and with its schema where that is not pg_catalog, which alone is searched meanwhile.
-- Costs under 0.1 ms. Versions 13 and later. Every role may.
SELECT /* pgmedic:column_type */ a.atttypid::regtype::text
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid
WHERE n.nspname = $1 AND c.relname = $2 AND a.attname = $3
