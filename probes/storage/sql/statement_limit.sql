-- Sent before the lock table is read: how long that may take.
-- Costs under 0.1 ms. Versions 13 and later. Every role may.
SELECT /* pgmedic:statement_limit */ pg_catalog.set_config('statement_timeout', $1, true)
