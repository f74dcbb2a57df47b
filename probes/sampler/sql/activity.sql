-- Read with each sample: every session. The function behind pg_stat_activity answers in a lock storm, where the view, which joins pg_database and
-- pg_authid, does not; names are looked up apart (names.go). The statements' texts stay on the server.
-- Costs 0.3 to 0.5 ms at 100 sessions, 3 to 5 ms at 1,000, of which the two ages are 4 %; as much again to send and read. Touches no table. Versions
-- 13 and later; {query_id} is 0 on 13, which has none. Every role may; without pg_read_all_stats the server hides most columns of other roles'
-- sessions. Of those, who sends WAL is known all the same: a logical walsender has a role and a database, as a client has.
SELECT /* pgmedic:activity */ a.pid, a.leader_pid,
       COALESCE(a.backend_type, CASE WHEN a.pid IN (SELECT w.pid FROM pg_stat_get_wal_senders() AS w) THEN 'walsender' END),
       a.datid, a.usesysid, a.application_name,
       CASE WHEN a.client_addr IS NOT NULL THEN host(a.client_addr) WHEN a.client_port = -1 THEN 'local' END,
       a.state, a.wait_event_type, a.wait_event, {query_id},
       a.backend_start, a.xact_start, a.query_start, a.state_change,
       age(a.backend_xid), age(a.backend_xmin)
FROM pg_stat_get_activity(NULL) AS a
