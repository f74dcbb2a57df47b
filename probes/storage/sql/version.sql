-- Read before the others: which version's columns there are.
-- Costs under 0.1 ms. Versions 13 and later. Every role may.
SELECT /* pgmedic:version */ pg_catalog.current_setting('server_version_num')::int
