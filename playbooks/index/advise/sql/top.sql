-- Read once for pgmedic advise --top: the statements of this database that took the most time in all, each once whatever roles ran it, with the role for which it
-- took the most. pgmedic's own are left out.
-- Costs what a read of pg_stat_statements with texts costs: the server reads its whole file of them (120 to 530 ms at 48 MB).
-- Versions 13 and later, pg_stat_statements 1.8 and later. Without pg_read_all_stats other roles' statements are left out.
SELECT /* pgmedic:top */ s.queryid, (array_agg(s.userid ORDER BY s.total_exec_time DESC))[1] AS userid, min(s.query) AS query
FROM {schema}.pg_stat_statements(true) AS s
WHERE s.dbid = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = current_database())
  AND s.queryid IS NOT NULL AND s.query IS NOT NULL AND s.query NOT LIKE '%/* pgmedic:%'
GROUP BY s.queryid
ORDER BY sum(s.total_exec_time) DESC
LIMIT $1
