-- Read with a draft and in the preflight: how many client sessions role $1 (0: all) has in database $2 (0: all), pgmedic's included, and since when
-- the oldest is open.
-- Costs 0.3 to 0.6 ms at 40 sessions, the round trip included; answers in a lock storm. Versions 13 and later. Every role may; without
-- pg_read_all_stats the server hides when other roles' sessions began.
SELECT /* pgmedic:sessions */ count(*)::int, min(a.backend_start)
FROM pg_stat_get_activity(NULL) AS a
WHERE ($1::oid = 0 OR a.usesysid = $1) AND ($2::oid = 0 OR a.datid = $2) AND COALESCE(a.backend_type, 'client backend') = 'client backend'
