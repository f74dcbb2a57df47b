-- Read when an unknown role's oid turns up: its name, and whether it is a superuser or has the privileges of the one that the cluster was made with (oid 10). Both
-- come from the system cache, not from pg_roles.
-- Costs under 1 ms. Versions 13 and later. Every role may.
SELECT /* pgmedic:names_roles */ r.oid, pg_get_userbyid(r.oid)::text, pg_has_role(r.oid, 10::oid, 'USAGE') FROM unnest($1::oid[]) AS r (oid)
