-- Read once for each draft: the statements of this database in pg_stat_statements whose text holds one of the words $1 (patterns of ILIKE), those with the most time first, and
-- whether this role sees the texts of other roles' statements.
-- Costs what texts.sql costs: the server reads its whole file of texts, 120 to 530 ms at 48 MB. Ended after 500 ms.
-- Versions 13 and later, pg_stat_statements 1.8 and later; {schema} is where it is installed. Without pg_read_all_stats the texts of other roles' statements are hidden.
SELECT /* pgmedic:other_statements */ s.queryid, s.userid, s.query, s.calls, s.total_exec_time, s.rows
FROM {schema}.pg_stat_statements(true) AS s
WHERE s.dbid = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database())
  AND s.queryid IS NOT NULL AND pg_catalog.octet_length(s.query) < 65536 AND s.query ILIKE ANY ($1::text[]) AND s.query NOT LIKE '%/* pgmedic:%'
ORDER BY s.total_exec_time DESC LIMIT 100
