-- Read when somebody asks about disk space: the size of databases, in the order asked for. Takes no lock that DDL in a database would block.
-- Costs about 1 ms for 300 files: the server looks at each one. Versions 13 and later. Needs CONNECT or pg_read_all_stats.
SELECT /* pgmedic:database_sizes */ f.oid, pg_catalog.pg_database_size(f.oid) FROM unnest($1::oid[]) AS f (oid)
