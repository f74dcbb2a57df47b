-- Read when an unknown database's oid turns up: its name.
-- Costs under 1 ms. Versions 13 and later. Every role may.
SELECT /* pgmedic:names_databases */ d.oid, '', d.datname::text FROM pg_catalog.pg_database AS d WHERE d.oid = ANY ($1::oid[])
