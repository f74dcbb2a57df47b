-- Read when a way out of a pile-up is drafted, and never in a storm of deadlock checks: the locks on tables of this database that one session or
-- prepared transaction holds, the strongest first, 10 at most. Indexes are left out: they are locked with their table. $1 its pid, 0: the prepared
-- transaction $2.
-- Costs 0.7 to 3 ms with 60 waiters, on a busy machine and with the round trip; takes all partitions of the lock table, shared. Versions 13 and
-- later. Every role may.
SELECT /* pgmedic:held */ l.mode, n.nspname::text, c.relname::text, count(*) OVER ()
FROM pg_lock_status() AS l
JOIN pg_class AS c ON c.oid = l.relation AND c.relkind NOT IN ('i', 'I')
JOIN pg_namespace AS n ON n.oid = c.relnamespace AND n.nspname NOT IN ('pg_toast', 'pg_catalog')
WHERE l.granted AND l.locktype = 'relation' AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
  AND CASE WHEN $1::int <> 0 THEN l.pid = $1
           ELSE l.pid IS NULL AND l.virtualtransaction = (
               SELECT t.virtualtransaction FROM pg_lock_status() AS t
               WHERE t.pid IS NULL AND t.locktype = 'transactionid' AND t.transactionid = $2::xid LIMIT 1)
      END
ORDER BY array_position(ARRAY['AccessExclusiveLock', 'ExclusiveLock', 'ShareRowExclusiveLock', 'ShareLock', 'ShareUpdateExclusiveLock',
                              'RowExclusiveLock', 'RowShareLock', 'AccessShareLock'], l.mode), n.nspname, c.relname
LIMIT 10
