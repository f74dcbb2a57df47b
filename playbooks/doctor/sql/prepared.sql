-- Read once: prepared transactions, oldest first.
-- Costs under 1 ms. Versions 13 and later. Every role may.
SELECT /* pgmedic:prepared */ p.gid, p.owner::text AS owner, p.database::text AS database, extract(epoch FROM clock_timestamp() - p.prepared)::float8 AS age,
       age(p.transaction)::bigint AS xid_age
FROM pg_prepared_xacts AS p
ORDER BY p.prepared
