-- The names of the functions that this database has besides the server's own and that are stable or immutable, whatever their arguments: with their schema, and
-- without it where that holds for every function of the name.
-- Costs about 5 ms. Versions 13 and later. Every role may.
SELECT /* pgmedic:table_functions */ CASE WHEN GROUPING(o.schema) = 0 THEN o.schema || '.' ELSE '' END || o.name
FROM (
    SELECT n.nspname::text AS schema, p.proname::text AS name, pg_catalog.bool_and(p.provolatile <> 'v' AND NOT p.proretset) AS steady,
           pg_catalog.bool_and(n.nspname IN ('pg_catalog', 'information_schema')) AS system
    FROM pg_catalog.pg_proc AS p
    JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
    GROUP BY 1, 2
) AS o
GROUP BY GROUPING SETS ((o.schema, o.name), (o.name))
HAVING pg_catalog.bool_and(o.steady) AND NOT pg_catalog.bool_or(o.system)
LIMIT 10000
