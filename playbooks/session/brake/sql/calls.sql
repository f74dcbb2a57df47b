-- Read with a draft: how long the calls of role $1 took since the statistics were reset, without texts.
-- Costs 14 to 32 ms at 2,400 entries of the role, with their sending, on a busy machine. Versions 13 and later, pg_stat_statements 1.8 and later;
-- {schema} is where it is installed, {toplevel} true before 1.9; {partial}: the longest call is of a later time than the rest, false before 1.11. Every role may; without pg_read_all_stats the ids of other roles' statements are
-- hidden, their figures are not.
SELECT /* pgmedic:calls */ s.dbid, COALESCE(s.queryid, 0), s.calls, s.mean_exec_time, s.max_exec_time, s.stddev_exec_time, {partial}
FROM {schema}.pg_stat_statements(false) AS s
WHERE s.userid = $1 AND {toplevel} AND s.calls > 0
