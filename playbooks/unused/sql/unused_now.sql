-- Whether the index with oid $1 has the name $3 in schema $2 still, and how often it and its parts were scanned.
-- Costs about 1 ms, locks nothing. Versions 13 to 18. Every role may.
SELECT /* pgmedic:unused_now */ EXISTS (
           SELECT FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE c.oid = $1::oid AND n.nspname = $2 AND c.relname = $3),
       COALESCE((
           WITH RECURSIVE below (oid) AS (
               SELECT $1::oid
               UNION ALL
               SELECT h.inhrelid FROM below AS b JOIN pg_inherits AS h ON h.inhparent = b.oid
           )
           SELECT sum(pg_stat_get_numscans(b.oid)) FROM below AS b), 0)::int8
