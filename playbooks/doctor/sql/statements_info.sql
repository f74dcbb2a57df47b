-- Read once: how often entries of pg_stat_statements had to make room, and since when that is counted.
-- Costs under 0.1 ms. Versions 14 and later, pg_stat_statements 1.9 and later. Every role may.
SELECT /* pgmedic:statements_info */ i.dealloc AS dealloc, COALESCE(i.stats_reset, now()) AS since FROM {schema}.pg_stat_statements_info() AS i
