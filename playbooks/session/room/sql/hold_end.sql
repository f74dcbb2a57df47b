-- Sent when a hold has ended: gives back what hold_begin took, however often. The session takes no other advisory lock.
-- Costs under 0.1 ms. Versions 13 and later. Every role may.
SELECT /* pgmedic:hold_end */ pg_advisory_unlock_all() IS NOT NULL
