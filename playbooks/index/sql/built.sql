-- The size in bytes of the index with oid $1, and when it was read. Costs less than 1 ms and locks the index as a reader does. All versions from 13. Any role.
SELECT /* pgmedic:index-built */ pg_relation_size($1::oid::regclass), clock_timestamp()
