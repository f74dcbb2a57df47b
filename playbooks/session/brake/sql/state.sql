-- Read when a brake is drafted, before and after it is sent, and at the start: role $1 and database $2 with their connection limits, and what the
-- role that asks may change: whether it is $1, has ADMIN OPTION on it, owns $2, and which roles of managed services it has.
-- Costs under 1 ms, from the system cache. Versions 13 and later. Every role may.
SELECT /* pgmedic:state */ COALESCE(r.rolname, '')::text, COALESCE(r.rolsuper, false), COALESCE(r.rolconnlimit, -1)::int,
       COALESCE(d.datname, '')::text, COALESCE(d.datconnlimit, -1)::int,
       me.rolname::text, me.oid, me.rolsuper, me.rolcreaterole,
       COALESCE(pg_has_role(r.oid, 'MEMBER WITH ADMIN OPTION'), false), COALESCE(pg_has_role(d.datdba, 'USAGE'), false),
       ARRAY(SELECT p.rolname::text FROM pg_roles AS p
             WHERE p.rolname IN ('rds_superuser', 'cloudsqlsuperuser', 'azure_pg_admin', 'alloydbsuperuser')
               AND pg_has_role(p.oid, 'MEMBER') ORDER BY 1),
       current_setting('server_version_num')::int, clock_timestamp()
FROM pg_roles AS me
LEFT JOIN pg_roles AS r ON r.oid = $1
LEFT JOIN pg_database AS d ON d.oid = $2
WHERE me.rolname = current_user
