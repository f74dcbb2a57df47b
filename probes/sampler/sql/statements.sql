-- Read with each sample, more rarely where that costs more than its budget (pace.go): the counters of pg_stat_statements, without texts.
-- Costs 6 to 17 ms at 5,000 entries. Versions 13 and later; {exec_time}, {toplevel} and {stats_since} by the version of the extension (extension.go),
-- {schema} is where it is installed.
-- Every role may; without pg_read_all_stats the query id of other roles' statements is hidden, so those rows are left out.
SELECT /* pgmedic:statements */ s.dbid, s.userid, s.queryid, {toplevel}, {stats_since}, s.calls, {exec_time}, s.rows,
       s.shared_blks_hit, s.shared_blks_read, s.temp_blks_written
FROM {schema}.pg_stat_statements(false) AS s
