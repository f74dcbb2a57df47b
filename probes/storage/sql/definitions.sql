-- Read when somebody asks about tables: the definitions of indexes, in the order asked for. Takes an AccessShare lock on the tables, one after the
-- other, only while its columns are looked at; fails with 55P03 at the first that is locked, after the rows of those before it.
-- Costs about 0.05 ms an index. Versions 13 and later. Every role may.
SELECT /* pgmedic:definitions */ f.oid, pg_catalog.pg_get_indexdef(f.oid),
       (SELECT pg_catalog.pg_get_expr(i.indpred, i.indrelid, true) FROM pg_catalog.pg_index AS i WHERE i.indexrelid = f.oid)
FROM unnest($1::oid[]) AS f (oid)
