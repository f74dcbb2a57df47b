-- The statements that would make the indexes with oids $1 again, in their order, without CONCURRENTLY; NULL where one is gone. Costs about 0.1 ms each and locks each
-- table as a SELECT does: lock_timeout bounds it. Versions 13 to 18. Any role.
SELECT /* pgmedic:build_definitions */ pg_get_indexdef(x.oid) FROM unnest($1::oid[]) WITH ORDINALITY AS x (oid, position) ORDER BY x.position
