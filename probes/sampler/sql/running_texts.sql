-- Read together with texts.sql: the texts of statements that run now and may have no entry in pg_stat_statements yet, and whether they were clipped.
-- Literals are taken out on arrival. Costs about 1 ms at 100 sessions, touches no table. Versions 14 and later. Without pg_read_all_stats other
-- roles' texts are hidden.
SELECT /* pgmedic:running_texts */ DISTINCT ON (a.query_id)
       a.query_id, a.query, octet_length(a.query) >= pg_size_bytes(current_setting('track_activity_query_size')) - 1 AS clipped
FROM pg_stat_get_activity(NULL) AS a
WHERE a.query_id = ANY ($1::bigint[]) AND a.state = 'active' AND a.leader_pid IS NULL
ORDER BY a.query_id, clipped
