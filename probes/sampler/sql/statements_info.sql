-- Read just before and just after the counters, in the same round trip: when they were reset, and how often entries had to make room. Where the two differ
-- there was a reset in between, and the counters are read again.
-- Costs under 0.1 ms. Versions 14 and later, pg_stat_statements 1.9 and later. Every role may.
SELECT /* pgmedic:statements_info */ i.stats_reset, i.dealloc FROM {schema}.pg_stat_statements_info() AS i
