-- Sent first in every transaction of the doctor's: nobody's function or operator can stand in for a built-in one.
-- Costs under 0.1 ms. Versions 13 and later. Every role may.
SELECT /* pgmedic:path */ pg_catalog.set_config('search_path', 'pg_catalog', true)
