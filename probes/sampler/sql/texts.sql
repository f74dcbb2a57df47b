-- Read at most every 5 s, and only when a statement on screen has no text yet; it brings pgmedic's own statements along, which are kept out of the
-- figures. Of a text above 16 kB the beginning only, with its whole length.
-- Costs 3 to 4 times what the counters cost at 5,000 texts of 1 kB (7 MB of temp files), 20 times at 48 MB of texts (120 to 530 ms, 51 MB of temp files):
-- the server reads its whole file of them, whatever the WHERE says. pgmedic lets it do so for at most 1 % of the time.
-- {query} is the text as sqltext can take it (extension.go).
-- Versions 13 and later, all versions of pg_stat_statements since 1.4. Without pg_read_all_stats the texts of other roles' statements are hidden.
SELECT /* pgmedic:texts */ s.queryid, t.dbid, {query}, octet_length(t.query), false
FROM {schema}.pg_stat_statements(true) AS t,
     LATERAL (SELECT t.queryid, CASE WHEN octet_length(t.query) > 16384 THEN left(t.query, 4096) ELSE t.query END AS query) AS s
WHERE t.queryid = ANY ($1::bigint[]) OR t.query LIKE '%/* pgmedic:%'
