-- Sent before EXPLAIN EXECUTE: the parameters' values, as settings of this transaction that EXECUTE reads. So no value stands in a statement's text, where
-- pg_stat_statements (before version 16) and pg_stat_activity would keep it.
-- Costs under 0.1 ms. Versions 13 and later. Every role may.
SELECT /* pgmedic:values */ count(set_config('pgmedic.value_' || v.n, v.value, true))
FROM unnest($1::text[]) WITH ORDINALITY AS v (value, n) WHERE v.value IS NOT NULL
