-- Read after a foreign statement was parsed: its parameters' types as the server resolved them, of domains and arrays of domains the types under them, by
-- oid and as SQL names: quoted where needed, with their schema where that is not pg_catalog, because pg_catalog alone is searched meanwhile; and whether
-- there are domains.
-- Costs under 0.2 ms. Versions 13 and later. Every role may.
SELECT /* pgmedic:parameter_types */ b.types, ARRAY(SELECT u.type::regtype::text FROM unnest(b.types) WITH ORDINALITY AS u (type, n) ORDER BY u.n),
       b.types <> p.parameter_types::oid[]
FROM pg_catalog.pg_prepared_statements AS p CROSS JOIN LATERAL (SELECT ARRAY(
    WITH RECURSIVE under AS (
        SELECT u.n, 0 AS step, u.type AS parameter, u.type, false AS listed, false AS domain
        FROM unnest(p.parameter_types::oid[]) WITH ORDINALITY AS u (type, n)
        UNION ALL
        SELECT u.n, u.step + 1, u.parameter, CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.typelem END, u.listed OR t.typtype <> 'd',
               u.domain OR t.typtype = 'd'
        FROM under AS u JOIN pg_catalog.pg_type AS t ON t.oid = u.type
        WHERE t.typtype = 'd' OR t.typtype = 'b' AND t.typcategory = 'A' AND t.typelem <> 0 AND NOT u.listed
    ), last AS (
        SELECT DISTINCT ON (u.n) u.n, CASE WHEN NOT u.domain THEN u.parameter WHEN u.listed THEN t.typarray ELSE u.type END AS type, u.parameter
        FROM under AS u JOIN pg_catalog.pg_type AS t ON t.oid = u.type ORDER BY u.n, u.step DESC
    )
    SELECT COALESCE(NULLIF(last.type, 0), last.parameter) FROM last ORDER BY last.n
) AS types) AS b WHERE p.name = $1
