-- Read before an action: whether the server is a standby.
-- Costs under 0.1 ms, touches no table. Versions 13 and later. Every role may.
SELECT /* pgmedic:recovery */ pg_is_in_recovery()
