-- Read once a connection and every 5 minutes: the roles with a limit on their connections. Superusers' are left out: the server does not hold a superuser
-- to it (InitializeSessionUserId).
-- Costs 1 ms at 1,000 roles: one pass over pg_authid. Versions 13 and later. Every role may.
SELECT /* pgmedic:role_limits */ r.rolname::text, r.rolconnlimit
FROM pg_catalog.pg_roles AS r
WHERE r.rolconnlimit >= 0 AND r.rolcanlogin AND NOT r.rolsuper
ORDER BY r.rolname
