-- Read with a sample in which a session waits for a lock, and never else: the locks that somebody waits for, with all who hold or want them;
-- besides, the row locks held by who waits for a transaction, which tell the table. This is pg_locks without what nobody waits for, in one pass.
-- Costs 3 ms with 500 waiters on one row, 6 to 9 ms with 900 (pg_lock_status() alone: 1 and 2 ms), 3 ms with 900 on one table; 1.3 µs more for
-- each other lock on the server. To send and read it, and to find who is in whose way, takes 13 ms (table) to 27 ms (row) in all at 900.
-- Touches no table, but takes all partitions of the lock table, shared, for as long as the pass. While hundreds of waiters check for deadlocks
-- (deadlock_timeout after they began to wait) these are taken exclusively, and no timeout ends the wait for them; then it is not sent (locks.go).
-- pg_blocking_pids() is not used: it takes all partitions for each waiter, with ProcArrayLock held meanwhile, in the way of every commit. Measured on
-- 15 with 900 waiters on one row, 1.2 s after they began: one pass 0.8 s, pg_blocking_pids() of 20 of them 22.6 s; at rest 2 ms each.
-- Versions 13 and later; {waitstart} is NULL on 13. Every role may, and sees everything.
-- A prepared transaction has no pid; its transaction id is that of the transaction lock that it holds itself, under the same virtual transaction.
SELECT /* pgmedic:locks */ w.locktype, COALESCE(w.database, 0), COALESCE(w.relation, 0),
       concat_ws(' ', w.page, w.tuple, w.virtualxid, w.transactionid, w.classid, w.objid, w.objsubid),
       COALESCE(w.pid, 0), COALESCE(w.xid, '0')::text::bigint, w.mode, w.granted, w.waitstart
FROM (
    WITH l AS MATERIALIZED (
        SELECT s.locktype, s.database, s.relation, s.page, s.tuple, s.virtualxid, s.transactionid, s.classid, s.objid, s.objsubid,
               s.virtualtransaction, s.pid, s.mode, s.granted, {waitstart} AS waitstart
        FROM pg_lock_status() AS s
    ), waited AS MATERIALIZED ( -- for; the columns that tell most locks apart
        SELECT DISTINCT n.locktype AS kind, COALESCE(n.relation, 0) AS relation, COALESCE(n.objid, 0) AS object,
               COALESCE(n.transactionid, '0') AS transaction, COALESCE(n.virtualxid, '') AS virtual, COALESCE(n.tuple, 0) AS tuple
        FROM l AS n WHERE NOT n.granted
    )
    SELECT l.*, CASE WHEN l.pid IS NULL THEN (
               SELECT t.transactionid FROM l AS t
               WHERE t.pid IS NULL AND t.locktype = 'transactionid' AND t.virtualtransaction = l.virtualtransaction LIMIT 1) END AS xid
    FROM l JOIN waited AS n ON n.kind = l.locktype AND n.relation = COALESCE(l.relation, 0) AND n.object = COALESCE(l.objid, 0)
         AND n.transaction = COALESCE(l.transactionid, '0') AND n.virtual = COALESCE(l.virtualxid, '') AND n.tuple = COALESCE(l.tuple, 0)
    UNION ALL
    SELECT l.*, NULL FROM l
    WHERE l.locktype = 'tuple' AND l.granted -- IS TRUE: by a hash table, whatever the planner expects
      AND (l.pid IN (SELECT n.pid FROM l AS n WHERE NOT n.granted AND n.locktype = 'transactionid')) IS TRUE
) AS w
ORDER BY w.pid
