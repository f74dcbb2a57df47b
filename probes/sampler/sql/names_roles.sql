-- Read when an unknown role's oid turns up: its name. pg_get_userbyid reads the system cache, not pg_roles.
-- Costs under 1 ms. Versions 13 and later. Every role may.
SELECT /* pgmedic:names_roles */ r.oid, '', pg_get_userbyid(r.oid)::text FROM unnest($1::oid[]) AS r (oid)
