-- How often the indexes with oids $1 were scanned since they are there, whether the server counts that, and when it was read.
-- Costs under 1 ms, locks nothing. Versions 13 to 18: the counters come up to a second late. Any role.
SELECT /* pgmedic:build_use */ COALESCE(sum(pg_stat_get_numscans(x.oid)), 0)::int8, current_setting('track_counts')::bool, clock_timestamp()
FROM unnest($1::oid[]) AS x (oid)
