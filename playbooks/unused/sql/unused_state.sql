-- What of the server decides over what the counts of index scans mean: since when they count, which a reset of this database's, or a crash, which
-- loses all, begins anew; whether they count at all; whether this is a standby, and how many receivers stream from here.
-- Costs about 1 ms, touches no table. Versions 13 to 18. Every role may.
SELECT /* pgmedic:unused_state */ clock_timestamp(),
       GREATEST(pg_stat_get_db_stat_reset_time(d.oid), pg_stat_get_bgwriter_stat_reset_time()),
       current_setting('track_counts')::boolean, pg_is_in_recovery(),
       (SELECT count(*) FROM pg_stat_get_wal_senders() AS w)::int4, current_setting('server_version_num')::int4
FROM pg_database AS d
WHERE d.datname = current_database()
