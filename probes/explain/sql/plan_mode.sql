-- Sent before EXPLAIN EXECUTE: whether the planner sees the parameters' values.
-- Costs under 0.1 ms. Versions 13 and later. Every role may.
SELECT /* pgmedic:plan_mode */ set_config('plan_cache_mode', $1, true)
