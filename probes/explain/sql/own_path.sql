-- Read before a statement is parsed: the session's own search_path.
-- Costs under 0.1 ms. Versions 13 and later. Every role may.
SELECT /* pgmedic:own_path */ pg_catalog.current_setting('search_path')
