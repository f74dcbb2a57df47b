-- Read once: extensions that pgmedic uses, whether they are created in this database, which version the server would create,
-- and whether this role may use the schema that they are in.
-- Costs 2 to 20 ms: the server looks through its folder of extensions. Versions 13 and later. Every role may.
SELECT /* pgmedic:extensions */ a.name::text AS name, COALESCE(a.default_version, '') AS offered, COALESCE(e.extversion, '') AS created,
       COALESCE(n.nspname, '')::text AS schema, COALESCE(has_schema_privilege(n.oid, 'USAGE'), false) AS usable
FROM pg_available_extensions() AS a
LEFT JOIN pg_extension AS e ON e.extname = a.name
LEFT JOIN pg_namespace AS n ON n.oid = e.extnamespace
WHERE a.name IN ('pg_stat_statements', 'hypopg')
