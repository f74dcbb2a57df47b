-- Sent first in every transaction of the ask session: the bounds of what follows, and the server's clock. A role's transaction_timeout (17 and later) would end the session.
-- pg_stat_statements counts nothing until the transaction ends, because what is asked of the planner holds constants. (track_utility = off would not do: up to
-- version 16 the server then counts the statement that is explained as a call of the application's.) Last, whether it keeps such constants all the same: from
-- version 16 on those of EXPLAIN itself are taken out, but not those of what it plans.
-- Costs under 0.1 ms. Versions 13 and later; {granted} asks, from version 15 on, for GRANT SET ON PARAMETER, and is false before. Every role may, but
-- pg_stat_statements heeds only a superuser, or who was granted that.
SELECT /* pgmedic:guard */ pg_catalog.clock_timestamp(),
       CASE WHEN may.quiet THEN pg_catalog.set_config('pg_stat_statements.track', 'none', true) END,
       pg_catalog.set_config('statement_timeout', $1, true), pg_catalog.set_config('lock_timeout', $2, true),
       pg_catalog.set_config('idle_in_transaction_session_timeout', '10000', true),
       CASE WHEN pg_catalog.current_setting('server_version_num')::int >= 170000 THEN pg_catalog.set_config('transaction_timeout', '0', true) END,
       NOT may.quiet AND CASE pg_catalog.current_setting('pg_stat_statements.track', true)
           WHEN 'all' THEN true
           WHEN 'top' THEN pg_catalog.current_setting('pg_stat_statements.track_utility', true) = 'on'
                AND pg_catalog.current_setting('server_version_num')::int < 160000
           ELSE false END
FROM (SELECT pg_catalog.current_setting('is_superuser') = 'on' OR {granted}) AS may (quiet)
