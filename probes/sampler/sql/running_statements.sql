-- Read with each sample where pg_stat_statements tells nothing and the server gives statements no ids: what the active clients run. Where it gives
-- them ids, read of those sessions alone ($1; NULL: all) whose statement has had none for a second or more, because it waits for a lock while it is
-- parsed, and once for each.
-- Of a text above 16 kB the beginning only, with its whole length. Literals are taken out on arrival. {query} is the text as sqltext can take
-- it. Costs the server 0.5 ms at 100 active sessions with texts of 1 kB, 1.5 to 2.5 ms with 900 idle ones besides; to send, read and make ids of
-- them takes 4 to 7 ms in all. Of 500 sessions that wait so: 3.2 ms, and 20 ms in all. Touches no table. Versions 13 and later.
-- Without pg_read_all_stats other roles' texts are hidden.
SELECT /* pgmedic:running_statements */ s.pid, s.backend_start, s.query_start, s.datid, s.usesysid, {query}, s.length, s.clipped
FROM (SELECT a.pid, a.backend_start, a.query_start, a.datid, a.usesysid, octet_length(a.query) AS length,
             CASE WHEN octet_length(a.query) > 16384 THEN left(a.query, 4096) ELSE a.query END AS query,
             octet_length(a.query) BETWEEN pg_size_bytes(current_setting('track_activity_query_size')) - 4 AND 16384 AS clipped
      FROM pg_stat_get_activity(NULL) AS a
      WHERE a.state = 'active' AND a.backend_type = 'client backend' AND a.query <> '' AND a.application_name <> 'pgmedic'
        AND ($1::int[] IS NULL OR a.pid = ANY ($1::int[]))) AS s
