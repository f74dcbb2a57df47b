-- Read every 10 s, and with a sample in which somebody waits for one: the prepared transactions. This is pg_prepared_xacts without its joins to
-- pg_authid and pg_database, which can freeze in a lock storm; their names are looked up apart.
-- Costs under 0.1 ms; touches no table, and nothing at all where max_prepared_transactions is 0. Versions 13 and later. Every role may.
SELECT /* pgmedic:prepared */ p.transaction::text::bigint, p.gid, p.prepared, p.ownerid, p.dbid, age(p.transaction)::bigint
FROM pg_prepared_xact() AS p
