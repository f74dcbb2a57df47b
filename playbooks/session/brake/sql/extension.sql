-- Read with a draft: where pg_stat_statements is installed, whether it has the columns of 1.8 (max_exec_time) and of 1.9 (toplevel, and the view
-- that says when it was reset), and of 1.11 (minmax_stats_since).
-- Costs under 1 ms. Versions 13 and later. Every role may.
SELECT /* pgmedic:extension */ n.nspname::text,
       EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attname = 'max_exec_time'),
       EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attname = 'toplevel'),
       EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attname = 'minmax_stats_since')
FROM pg_extension AS e
JOIN pg_namespace AS n ON n.oid = e.extnamespace
JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = 'pg_stat_statements'
WHERE e.extname = 'pg_stat_statements'
