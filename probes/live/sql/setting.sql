-- Read after a setting was changed: what it is now.
-- Costs under 0.1 ms. Versions 13 and later. Every role may.
SELECT /* pgmedic:setting */ pg_catalog.current_setting($1)
