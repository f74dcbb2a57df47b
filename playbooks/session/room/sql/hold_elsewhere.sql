-- Read when hold_begin has taken its lock: whether another pgmedic holds the line in any database of the server.
-- Costs under 1 ms, with some thousands of locks some ms; in a lock storm it may not answer within the session's timeout. Versions 13 and later. Every role may.
SELECT /* pgmedic:hold_elsewhere */ EXISTS (
    SELECT FROM pg_lock_status() AS l WHERE l.locktype = 'advisory' AND l.classid = 1885825381 AND l.objid = 1752132708 AND l.granted AND l.pid <> pg_backend_pid())
