-- Read with the state: what role $1 and all roles have of the settings $2 of their own, in all databases and in single ones.
-- Costs under 1 ms. Versions 13 and later. Every role may.
SELECT /* pgmedic:settings */ s.setrole, s.setdatabase, COALESCE(d.datname, '')::text,
       split_part(c.entry, '=', 1), substr(c.entry, strpos(c.entry, '=') + 1)
FROM pg_db_role_setting AS s
CROSS JOIN LATERAL unnest(s.setconfig) AS c (entry)
LEFT JOIN pg_database AS d ON d.oid = s.setdatabase
WHERE s.setrole IN (0, $1) AND split_part(c.entry, '=', 1) = ANY ($2::text[])
