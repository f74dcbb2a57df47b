-- Read once: who owns the tables of this database, which of them this role may read, and whether it may act as their owner.
-- The figures of all stand in each row, as not all owners are listed.
-- Costs 1 ms at 100 tables, about 40 ms at 5,000; takes no lock on them. Versions 13 and later. Every role may.
SELECT /* pgmedic:owners */ pg_get_userbyid(f.relowner)::text AS owner, COALESCE((SELECT r.rolsuper FROM pg_roles AS r WHERE r.oid = f.relowner), false) AS superuser,
       pg_has_role(current_user, f.relowner, 'USAGE') AS may_act, f.tables, f.readable,
       f.owners, f.all_tables, f.all_readable, f.all_others,
       ARRAY(SELECT n.nspname::text FROM pg_namespace AS n WHERE n.oid = ANY (f.schemas) ORDER BY 1) AS schemas,
       (SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE c.oid = f.largest) AS largest
FROM (
    SELECT c.relowner, count(*) AS tables, count(*) FILTER (WHERE s.usable AND has_table_privilege(c.oid, 'SELECT')) AS readable,
           count(*) OVER () AS owners, (sum(count(*)) OVER ())::bigint AS all_tables,
           (sum(count(*) FILTER (WHERE s.usable AND has_table_privilege(c.oid, 'SELECT'))) OVER ())::bigint AS all_readable,
           COALESCE(sum(count(*)) FILTER (WHERE NOT pg_has_role(current_user, c.relowner, 'USAGE')) OVER (), 0)::bigint AS all_others,
           array_agg(DISTINCT s.oid) AS schemas, (array_agg(c.oid ORDER BY c.relpages DESC, c.relname))[1] AS largest
    FROM pg_class AS c
    JOIN (SELECT n.oid, has_schema_privilege(n.oid, 'USAGE') AS usable FROM pg_namespace AS n
          WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' OFFSET 0) AS s ON s.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'm') AND c.relpersistence <> 't'
    GROUP BY c.relowner
    ORDER BY 2 DESC, 1
    LIMIT 100
) AS f
ORDER BY f.tables DESC, 1
