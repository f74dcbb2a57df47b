-- Read every 5 s: the counters of each database, as in pg_stat_database, whose join to pg_database can freeze in a lock storm; the names are
-- looked up apart (database_names.sql). 0 is the objects that all databases share.
-- Costs under 0.1 ms, and 2 µs a database beyond ten; before 15 some 10 ms more, in which the server waits for its statistics file. Touches no
-- table, takes no lock. Versions 13 and later; {sessions} is four times -1 on 13, which does not count sessions. Every role may.
SELECT /* pgmedic:databases */ d.oid, pg_stat_get_db_stat_reset_time(d.oid),
       pg_stat_get_db_xact_commit(d.oid), pg_stat_get_db_xact_rollback(d.oid),
       pg_stat_get_db_blocks_hit(d.oid), pg_stat_get_db_blocks_fetched(d.oid),
       pg_stat_get_db_temp_files(d.oid), pg_stat_get_db_temp_bytes(d.oid),
       pg_stat_get_db_deadlocks(d.oid), pg_stat_get_db_conflict_all(d.oid),
       {sessions}
FROM unnest($1::oid[]) AS d (oid)
