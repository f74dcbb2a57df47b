-- Whether this role may have the server write files or run programs, itself or as a member of a role that may, and one of the names $2 in the schemas $1 (arrays
-- of one length) is a function, a type, or an operator whose function belongs to a role that is no superuser.
-- Costs under 1 ms. Versions 13 and later. Every role may.
SELECT /* pgmedic:table_foreign */ EXISTS (
           SELECT FROM pg_catalog.pg_roles AS r
           WHERE (r.rolsuper OR r.rolname IN ('pg_execute_server_program', 'pg_write_server_files')) AND pg_catalog.pg_has_role(r.oid, 'MEMBER'))
       AND EXISTS (
           SELECT FROM unnest($1::text[], $2::text[]) AS m (schema, name)
           JOIN pg_catalog.pg_namespace AS n ON n.nspname = m.schema
           CROSS JOIN LATERAL (
               SELECT p.proowner FROM pg_catalog.pg_proc AS p WHERE p.pronamespace = n.oid AND p.proname = m.name
               UNION ALL
               SELECT t.typowner FROM pg_catalog.pg_type AS t WHERE t.typnamespace = n.oid AND t.typname = m.name AND t.typtype NOT IN ('e', 'r', 'm')
               UNION ALL
               SELECT p.proowner FROM pg_catalog.pg_operator AS w JOIN pg_catalog.pg_proc AS p ON p.oid = w.oprcode WHERE w.oprnamespace = n.oid AND w.oprname = m.name
           ) AS o (owner)
           JOIN pg_catalog.pg_roles AS r ON r.oid = o.owner AND NOT r.rolsuper)
