-- Read before a statement is parsed: who runs it, and the search_path that the server gives to sessions of that role in this database (role in database, then
-- role, then database, then all roles). Where the role is not known ($1 = 0): every role that has one of its own, at most five.
-- Costs under 1 ms: pg_db_role_setting and pg_roles. Versions 13 and later. Every role may.
SELECT /* pgmedic:callers */ r.rolname::text,
       (SELECT option.value
        FROM pg_catalog.pg_db_role_setting AS s
        CROSS JOIN LATERAL pg_options_to_table(s.setconfig) AS option (name, value)
        WHERE s.setdatabase IN (0, d.oid) AND s.setrole IN (0, r.oid) AND option.name = 'search_path'
        ORDER BY s.setrole <> 0 AND s.setdatabase <> 0 DESC, s.setrole <> 0 DESC, s.setdatabase <> 0 DESC LIMIT 1)
FROM pg_catalog.pg_roles AS r JOIN pg_catalog.pg_database AS d ON d.datname = current_database()
WHERE r.oid = $1::oid
   OR $1::oid = 0 AND EXISTS (
       SELECT FROM pg_catalog.pg_db_role_setting AS s CROSS JOIN LATERAL pg_options_to_table(s.setconfig) AS option (name, value)
       WHERE s.setrole = r.oid AND s.setdatabase IN (0, d.oid) AND option.name = 'search_path')
ORDER BY r.rolname LIMIT 5
