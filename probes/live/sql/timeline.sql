-- Read on a primary, with its identity: the timeline that it writes. The control file shows a promotion only after a checkpoint. It runs by
-- whatever search_path the session has.
-- Costs under 0.1 ms, touches no table. Versions 13 and later. Every role may; a standby refuses it, and some managed services take it away.
SELECT /* pgmedic:timeline */ ('x' OPERATOR(pg_catalog.||) pg_catalog.substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_insert_lsn()), 1, 8))::bit(32)::int
