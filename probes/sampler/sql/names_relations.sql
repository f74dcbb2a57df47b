-- Read when an unknown table's or index's oid turns up in a build: its schema and name. Takes no lock on the relation itself.
-- Costs under 1 ms. Versions 13 and later. Every role may.
SELECT /* pgmedic:names_relations */ c.oid, n.nspname::text, c.relname::text
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.oid = ANY ($1::oid[])
