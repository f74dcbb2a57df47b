-- Sent before a generic plan of a partitioned table is taken again: with NULL for a value the executor would leave every partition out of it.
-- Costs under 0.1 ms. Versions 13 and later. Every role may.
SELECT /* pgmedic:unpruned */ set_config('enable_partition_pruning', 'off', true)
