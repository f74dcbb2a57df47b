-- Read once: roles and databases that have a connection limit of their own.
-- Costs under 1 ms. Versions 13 and later. Every role may.
SELECT /* pgmedic:limits */ 'role' AS kind, r.rolname::text AS name, r.rolconnlimit::int AS slots FROM pg_roles AS r WHERE r.rolconnlimit >= 0 AND r.rolcanlogin
UNION ALL
SELECT 'database', d.datname::text, d.datconnlimit::int FROM pg_database AS d WHERE d.datconnlimit >= 0
ORDER BY 1, 2
LIMIT 200
