-- Read before EXPLAIN ANALYZE: which of the functions that a plan calls may do something that a rollback does not take back. A name counts where any
-- function of that name is volatile; left out are the server's own that only compute.
-- Costs about 1 ms. Versions 13 and later. Every role may.
SELECT /* pgmedic:volatile */ DISTINCT p.proname::text
FROM pg_catalog.pg_proc AS p
WHERE p.proname = ANY ($1) AND p.provolatile = 'v'
  AND NOT (p.pronamespace = 'pg_catalog'::regnamespace
           AND p.proname IN ('random', 'random_normal', 'clock_timestamp', 'timeofday', 'gen_random_uuid', 'uuidv4', 'uuidv7', 'pg_sleep', 'pg_sleep_for',
                             'pg_sleep_until', 'setseed'))
ORDER BY 1
