-- Read when a way out of a pile-up is drafted, and to read back: the command that a session runs or ran last, without anything of its text that
-- follows it.
-- $1 its pid.
-- Costs 0.3 to 1.2 ms on a busy machine with the round trip. Versions 13 and later. Every role may; without pg_read_all_stats the server hides other
-- roles' texts.
SELECT /* pgmedic:command */ upper(COALESCE(
    substring(a.query FROM '(?i)^\s*((?:alter|create|drop|refresh|reindex|lock|truncate|vacuum|cluster)\M(?:\s+[a-z]+)?)'),
    substring(a.query FROM '(?i)^\s*(select|insert|update|delete|merge|copy|call|do|analyze|comment|grant|revoke|with)\M'), ''))
FROM pg_stat_get_activity($1) AS a
