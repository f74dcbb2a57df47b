-- Read in the preflight: for each of the roles $1 whether this one may signal its sessions, by membership or by pg_signal_backend, the role that asks, and whether that is a
-- superuser. Of superusers' sessions the caller must know better: those take one.
-- Costs under 1 ms, from the system cache. Versions 13 and later. Every role may.
SELECT /* pgmedic:rights */ r.oid, pg_has_role(r.oid, 'USAGE') OR pg_has_role('pg_signal_backend', 'USAGE'), current_user::text, current_setting('is_superuser') = 'on'
FROM unnest($1::oid[]) AS r (oid)
