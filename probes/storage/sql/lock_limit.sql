-- Sent before sizes and definitions are read: how long to wait for a lock.
-- Costs under 0.1 ms. Versions 13 and later. Every role may.
SELECT /* pgmedic:lock_limit */ pg_catalog.set_config('lock_timeout', $1, true)
