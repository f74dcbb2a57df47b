-- Read where a parameter searches a column of which the server keeps no values, as of ranges and points: whether a few pages of the table may be read for some. The type
-- is one of the server's own, as reading a value as text could else run anybody's function; so could the policies of row security.
-- Costs under 0.1 ms. Versions 13 and later. Every role may.
SELECT /* pgmedic:sampled_column */ least(100, 800.0 / greatest(c.relpages, 1))::float8
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid
JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid AND t.typnamespace = 'pg_catalog'::regnamespace
WHERE n.nspname = $1 AND c.relname = $2 AND a.attname = $3 AND c.relkind IN ('r', 'm') AND c.relpages > 0 AND NOT row_security_active(c.oid)
  AND has_column_privilege(c.oid, a.attnum, 'SELECT')
