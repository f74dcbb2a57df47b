-- Read at most every 5 s and only when a statement on screen has no text yet; it brings pgmedic's own statements along, which
-- are kept out of the figures.
-- Costs 120 to 280 ms at 48 MB of texts: the server reads its whole file of them, whatever the WHERE says.
-- Versions 13 and later, pg_stat_statements 1.8 and later. Without pg_read_all_stats the texts of other roles' statements are hidden.
SELECT /* pgmedic:texts */ s.queryid, s.query, false
FROM {schema}.pg_stat_statements(true) AS s
WHERE s.queryid = ANY ($1::bigint[]) OR s.query LIKE '%/* pgmedic:%'
