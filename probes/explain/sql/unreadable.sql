-- Read where pg_stats has nothing of a column: whether that is because this role may not read it. It asks as pg_stats does.
-- Costs under 0.1 ms. Versions 13 and later. Every role may.
SELECT /* pgmedic:unreadable */ NOT has_column_privilege(c.oid, a.attnum, 'SELECT'), row_security_active(c.oid)
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid
WHERE n.nspname = $1 AND c.relname = $2 AND a.attname = $3
