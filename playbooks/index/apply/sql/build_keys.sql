-- By what the index with oid $1 tells rows apart: its key columns and expressions, its predicate (empty: none), and whether NULLs are the same. Costs about 0.1 ms and
-- locks the table as a SELECT does where there is a predicate or an expression: lock_timeout bounds it. Versions 13 to 18; NULLs can be the same from 15 on. Any role.
SELECT /* pgmedic:build_keys */ ARRAY(SELECT pg_get_indexdef(i.indexrelid, k.n::int4, true) FROM generate_series(1, i.indnkeyatts) AS k (n) ORDER BY k.n),
       COALESCE(pg_get_expr(i.indpred, i.indrelid), ''), COALESCE((to_jsonb(i) ->> 'indnullsnotdistinct')::bool, false)
FROM pg_index AS i
WHERE i.indexrelid = $1
