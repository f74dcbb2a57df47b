-- Sent before a foreign statement is parsed or planned, and after: whether the planner sees the parameters' values, and where the statement's names are
-- looked up. It is written so that nobody's function can stand in for the server's, whatever the path is.
-- Costs under 0.1 ms. Versions 13 and later. Every role may.
SELECT /* pgmedic:plan_mode */ pg_catalog.set_config('plan_cache_mode', $1, true), pg_catalog.set_config('search_path', $2, true),
       pg_catalog.current_schemas(true)::pg_catalog.text[]
