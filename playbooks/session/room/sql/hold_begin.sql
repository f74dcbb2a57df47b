-- Sent before a hold begins, over the session that signals: false where another pgmedic holds the line in this database. The lock is the session's, so it ends with the
-- hold or with the session.
-- Costs under 0.1 ms; answers in a lock storm. Versions 13 and later. Every role may.
SELECT /* pgmedic:hold_begin */ pg_try_advisory_lock(1885825381, 1752132708)
