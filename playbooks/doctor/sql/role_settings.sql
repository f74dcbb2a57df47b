-- Read once: the settings that roles and databases have of their own.
-- Costs under 1 ms. Versions 13 and later. Every role may.
SELECT /* pgmedic:role_settings */ COALESCE(r.rolname, '')::text AS role, COALESCE(d.datname, '')::text AS database,
       split_part(c.entry, '=', 1) AS name, substr(c.entry, strpos(c.entry, '=') + 1) AS value
FROM pg_db_role_setting AS s
CROSS JOIN LATERAL unnest(s.setconfig) AS c (entry)
LEFT JOIN pg_roles AS r ON r.oid = s.setrole
LEFT JOIN pg_database AS d ON d.oid = s.setdatabase
WHERE split_part(c.entry, '=', 1) = ANY ($1::text[])
ORDER BY 1, 2, 3
