-- Which of the extensions $1 the server has on its disk, and the schema of each that is installed in this database, empty where it is not; one that is not is left out
-- where the schema $2 is missing, as it would be installed there.
-- Costs about 2 ms, it reads the extensions' control files. Versions 13 and later. Every role may.
SELECT /* pgmedic:table_extensions */ x.name::text, coalesce(n.nspname::text, '')
FROM pg_catalog.pg_available_extensions() AS x
LEFT JOIN pg_catalog.pg_extension AS e ON e.extname = x.name
LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace
WHERE x.name = ANY ($1) AND (e.oid IS NOT NULL OR pg_catalog.to_regnamespace($2) IS NOT NULL)
