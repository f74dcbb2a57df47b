-- Read after a plan that has operators which compute something of a type outside of pg_catalog: the columns of a relation of such types, with these as SQL.
-- Costs under 0.2 ms. Versions 13 and later. Every role may.
SELECT /* pgmedic:own_columns */ a.attname::text, pg_catalog.quote_ident(tn.nspname) || '.' || pg_catalog.quote_ident(t.typname)
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
JOIN pg_catalog.pg_namespace AS tn ON tn.oid = t.typnamespace AND tn.nspname <> 'pg_catalog'
WHERE n.nspname = $1 AND c.relname = $2
