-- Read when a prepared transaction is to be drafted for, in the preflight and to read back: how it is now, and whether this session may end it. Its
-- identifier is the server's own text. $1 its transaction id, $2 when it was prepared.
-- Costs under 0.2 ms. Versions 13 and later. Every role may.
SELECT /* pgmedic:transaction */ p.gid, p.ownerid, COALESCE(r.rolname::text, p.ownerid::text), COALESCE(d.datname::text, p.dbid::text),
       age(p.transaction)::bigint, extract(epoch FROM clock_timestamp() - p.prepared)::float8,
       COALESCE(r.rolname = current_user OR me.rolsuper, false),
       COALESCE(d.datname = current_database(), false), current_user::text
FROM pg_prepared_xact() AS p
LEFT JOIN pg_roles AS r ON r.oid = p.ownerid
LEFT JOIN pg_database AS d ON d.oid = p.dbid
LEFT JOIN pg_roles AS me ON me.rolname = current_user
WHERE p.transaction = $1::xid AND p.prepared = $2
