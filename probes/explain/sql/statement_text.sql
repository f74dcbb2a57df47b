-- Read before EXPLAIN: the statement's text in pg_stat_statements, and its database; where one is named, that of it alone. A database that was dropped is
-- left out.
-- Costs what texts.sql costs: the server reads its whole file of texts.
-- Versions 13 and later, pg_stat_statements 1.8 and later. Without pg_read_all_stats the texts of other roles' statements are hidden.
SELECT /* pgmedic:statement_text */ s.query, d.datname::text, d.datname = COALESCE(NULLIF($2::text, ''), current_database()) AS here
FROM {schema}.pg_stat_statements(true) AS s JOIN pg_catalog.pg_database AS d ON d.oid = s.dbid
WHERE s.queryid = $1 AND ($2::text = '' OR d.datname = $2)
ORDER BY here DESC, s.query IS NULL LIMIT 1
