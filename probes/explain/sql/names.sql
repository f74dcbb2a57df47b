-- Read after a plan: of the names that its expressions have without a schema, where the search_path used ($6) finds them: functions ($1), types ($2),
-- collations ($3), configurations of full text search ($4) and operators ($5), in the path's order; and of the arguments' types those outside of pg_catalog, of an
-- array its elements'; of an operator also each side's type outside of pg_catalog, * where it may be one of several, and whether it yields no boolean.
-- Costs about 1 ms. Versions 13 and later. Every role may.
SELECT /* pgmedic:names */ o.kind, o.name::text, pg_catalog.quote_ident(n.nspname), n.nspname = 'pg_catalog',
       ARRAY(SELECT DISTINCT pg_catalog.quote_ident(tn.nspname) || '.' || pg_catalog.quote_ident(COALESCE(e.typname, t.typname))
             FROM pg_catalog.pg_type AS t JOIN pg_catalog.pg_namespace AS tn ON tn.oid = t.typnamespace
             LEFT JOIN pg_catalog.pg_type AS e ON t.typcategory = 'A' AND e.oid = t.typelem
             WHERE t.oid = ANY (o.arguments) AND tn.nspname <> 'pg_catalog'),
       ARRAY(SELECT CASE WHEN t.typtype = 'p' THEN '*' WHEN tn.nspname <> 'pg_catalog' THEN pg_catalog.quote_ident(tn.nspname) || '.' || pg_catalog.quote_ident(t.typname)
                    ELSE '' END
             FROM pg_catalog.unnest(o.arguments) WITH ORDINALITY AS u (type, n) LEFT JOIN pg_catalog.pg_type AS t ON t.oid = u.type
             LEFT JOIN pg_catalog.pg_namespace AS tn ON tn.oid = t.typnamespace
             WHERE o.kind = 'operator' ORDER BY u.n),
       o.computes
FROM (
    SELECT 'function' AS kind, p.proname AS name, p.pronamespace AS home, p.proargtypes::oid[] AS arguments, false AS computes
    FROM pg_catalog.pg_proc AS p WHERE p.proname = ANY ($1::name[])
    UNION ALL
    SELECT 'type', t.typname, t.typnamespace, '{}', false FROM pg_catalog.pg_type AS t WHERE t.typname = ANY ($2::name[])
    UNION ALL
    SELECT 'collation', c.collname, c.collnamespace, '{}', false
    FROM pg_catalog.pg_collation AS c JOIN pg_catalog.pg_database AS d ON d.datname = pg_catalog.current_database()
    WHERE c.collname = ANY ($3::name[]) AND c.collencoding IN (-1, d.encoding)
    UNION ALL
    SELECT 'configuration', c.cfgname, c.cfgnamespace, '{}', false FROM pg_catalog.pg_ts_config AS c WHERE c.cfgname = ANY ($4::name[])
    UNION ALL
    SELECT 'operator', p.oprname, p.oprnamespace, ARRAY[p.oprleft, p.oprright], p.oprresult <> 'boolean'::regtype FROM pg_catalog.pg_operator AS p WHERE p.oprname = ANY ($5::name[])
) AS o
JOIN pg_catalog.pg_namespace AS n ON n.oid = o.home
JOIN pg_catalog.unnest($6::name[]) WITH ORDINALITY AS s (schema, place) ON s.schema = n.nspname
GROUP BY o.kind, o.name, n.nspname, o.arguments, o.computes, s.place
ORDER BY o.kind, o.name, s.place
