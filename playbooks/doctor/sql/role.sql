-- Read once: what this role may, by the predefined roles that the version knows.
-- Costs under 1 ms. Versions 13 and later. Every role may.
SELECT /* pgmedic:role */ r.rolname::text AS name, r.rolsuper AS superuser, r.rolconnlimit::int AS conn_limit,
       ARRAY(SELECT p.rolname::text FROM pg_roles AS p
             WHERE p.rolname ~ '^pg_' AND pg_has_role(r.rolname, p.oid, 'USAGE') ORDER BY 1) AS has,
       ARRAY(SELECT p.rolname::text FROM pg_roles AS p WHERE p.rolname ~ '^pg_' ORDER BY 1) AS known
FROM pg_roles AS r
WHERE r.rolname = current_user
