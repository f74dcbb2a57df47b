-- Read together with texts.sql: the texts of statements that run now and may have no entry in pg_stat_statements yet, and whether the server clipped them.
-- Of a text above 16 kB the beginning only, with its whole length. Literals are taken out on arrival. {query} is the text as sqltext can take it.
-- Costs about 1 ms at 100 sessions, touches no table. Versions 14 and later. Without pg_read_all_stats other roles' texts are hidden.
SELECT /* pgmedic:running_texts */ DISTINCT ON (s.query_id) s.query_id, s.datid, {query}, s.length, s.clipped
FROM (SELECT a.query_id, a.datid, octet_length(a.query) AS length,
             CASE WHEN octet_length(a.query) > 16384 THEN left(a.query, 4096) ELSE a.query END AS query,
             octet_length(a.query) BETWEEN pg_size_bytes(current_setting('track_activity_query_size')) - 4 AND 16384 AS clipped
      FROM pg_stat_get_activity(NULL) AS a
      WHERE a.query_id = ANY ($1::bigint[]) AND a.state = 'active' AND a.leader_pid IS NULL) AS s
ORDER BY s.query_id, s.clipped
