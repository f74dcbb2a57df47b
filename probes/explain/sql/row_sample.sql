-- Read for plans with the values that hurt, where several of them are compared with columns of one table: how much of the table a hundred pages are, where its columns may be
-- read. Their types are the server's own or enums, as comparing others, or writing them as text, could run anybody's function; so could the policies of row security.
-- Costs under 0.2 ms. Versions 13 and later. Every role may.
SELECT /* pgmedic:row_sample */ least(100, 10000.0 / c.relpages)::float8
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'm') AND c.relpages > 0 AND NOT row_security_active(c.oid)
  AND NOT EXISTS (
      SELECT FROM unnest($3::text[]) AS wanted (name)
      LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attname = wanted.name AND a.attgenerated <> 'v'
      LEFT JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid AND (t.typnamespace = 'pg_catalog'::regnamespace OR t.typtype = 'e')
      WHERE t.oid IS NULL OR NOT has_column_privilege(c.oid, a.attnum, 'SELECT'))
