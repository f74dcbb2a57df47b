-- Sent through a pooler only: which server connection serves.
-- Costs under 0.1 ms, touches no table. Versions 13 and later. Every role may.
SELECT /* pgmedic:backend */ pg_catalog.pg_backend_pid()
