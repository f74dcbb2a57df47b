-- Read after a foreign statement was parsed: its parameters' types as the server resolved them, as SQL names.
-- Costs under 0.1 ms. Versions 13 and later. Every role may.
SELECT /* pgmedic:parameter_types */ p.parameter_types::text[] FROM pg_catalog.pg_prepared_statements AS p WHERE p.name = $1
