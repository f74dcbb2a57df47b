-- In which schema the functions of the extension HypoPG are, where it is installed in this database: only functions that belong to it are called. No row: it is not.
-- Costs under 1 ms. Versions 13 and later; every role may.
SELECT /* pgmedic:hypopg */ n.nspname::text
FROM pg_catalog.pg_extension AS e
JOIN pg_catalog.pg_depend AS d ON d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND d.refobjid = e.oid AND d.deptype = 'e'
    AND d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
JOIN pg_catalog.pg_proc AS p ON p.oid = d.objid
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
WHERE e.extname = 'hypopg' AND p.proname = 'hypopg_create_index'
