-- Read every 5 s: what checkpoints wrote, and how far the WAL has come; on a standby there is no WAL position of its own to write at.
-- Costs under 0.2 ms, before 15 under 1 ms right after databases.sql, else as that. Touches no table. Versions 13 and later;
-- {checkpoints} is the functions behind pg_stat_checkpointer (17 and later) or pg_stat_bgwriter. Every role may.
SELECT /* pgmedic:writes */ {checkpoints},
       CASE WHEN NOT pg_is_in_recovery() THEN pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint END
