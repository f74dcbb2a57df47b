-- Read once: roles and databases that have a connection limit of their own, and how many connections count against it, pgmedic's own too; the fullest first.
-- Costs 2 ms at 100 sessions, 10 ms at 1,000. Versions 13 and later. Every role may; without pg_read_all_stats taken is too low.
SELECT /* pgmedic:limits */ l.kind, l.name, l.slots, COALESCE(c.taken, 0) AS taken
FROM (
    SELECT 'role' AS kind, r.oid, r.rolname::text AS name, r.rolconnlimit::int AS slots FROM pg_roles AS r WHERE r.rolconnlimit >= 0 AND r.rolcanlogin
    UNION ALL
    SELECT 'database', d.oid, d.datname::text, d.datconnlimit::int FROM pg_database AS d WHERE d.datconnlimit >= 0
) AS l
LEFT JOIN (
    SELECT v.kind, v.oid, count(*) AS taken
    FROM pg_stat_get_activity(NULL) AS a CROSS JOIN LATERAL (VALUES ('role', a.usesysid), ('database', a.datid)) AS v (kind, oid)
    WHERE a.backend_type = 'client backend'
    GROUP BY 1, 2
) AS c ON c.kind = l.kind AND c.oid = l.oid
ORDER BY COALESCE(c.taken, 0)::float8 / GREATEST(l.slots, 1) DESC, l.kind, l.name
