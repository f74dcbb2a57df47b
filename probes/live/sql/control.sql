-- Read once a connection: the cluster's identifier, which survives restarts and is shared with its standbys, and its timeline, which a failover
-- changes.
-- Costs under 1 ms: reads the control file. Versions 13 and later. Every role may by default; some managed services take it away.
SELECT /* pgmedic:control */ s.system_identifier::pg_catalog.text, c.timeline_id
FROM pg_catalog.pg_control_system() AS s, pg_catalog.pg_control_checkpoint() AS c
