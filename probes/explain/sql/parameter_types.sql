-- Read after a foreign statement was parsed: its parameters' types as the server resolved them, and of domains the type under them, as SQL names: quoted where
-- needed, with their schema where that is not pg_catalog, because pg_catalog alone is searched meanwhile.
-- Costs under 0.1 ms. Versions 13 and later. Every role may.
SELECT /* pgmedic:parameter_types */ p.parameter_types::text[],
       ARRAY(SELECT COALESCE(NULLIF(t.typbasetype, 0), t.oid)::regtype::text
             FROM unnest(p.parameter_types::oid[]) WITH ORDINALITY AS u (type, n) JOIN pg_catalog.pg_type AS t ON t.oid = u.type ORDER BY u.n)
FROM pg_catalog.pg_prepared_statements AS p WHERE p.name = $1
