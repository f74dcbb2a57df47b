-- Read for plans with values: a column's type where it is one of the server's own; reading a value as another could run anybody's function, as a domain's check.
-- Costs under 0.1 ms. Versions 13 and later. Every role may.
SELECT /* pgmedic:column_type */ a.atttypid::regtype::text
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid
JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid AND t.typnamespace = 'pg_catalog'::regnamespace
WHERE n.nspname = $1 AND c.relname = $2 AND a.attname = $3
