-- Read when somebody asks about tables: the size of relations, all forks together, in the order asked for. Takes an AccessShare lock on one after
-- the other, each only while its files are looked at; fails with 55P03 at the first one that is locked, after the rows of those before it.
-- Costs about 25 µs a relation, more for a large one, whose files of 1 GB are looked at one by one. Versions 13 and later. Every role may.
SELECT /* pgmedic:sizes */ f.oid,
       pg_catalog.pg_relation_size(f.oid, 'main') + pg_catalog.pg_relation_size(f.oid, 'fsm')
       + pg_catalog.pg_relation_size(f.oid, 'vm') + pg_catalog.pg_relation_size(f.oid, 'init')
FROM unnest($1::oid[]) AS f (oid)
