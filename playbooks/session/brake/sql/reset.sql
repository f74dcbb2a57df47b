-- Read with the calls: when the statistics were reset.
-- Costs under 0.1 ms. Versions 14 and later, pg_stat_statements 1.9 and later; {schema} is where it is installed. Every role may.
SELECT /* pgmedic:reset */ i.stats_reset FROM {schema}.pg_stat_statements_info() AS i
