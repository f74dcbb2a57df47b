-- Sent once a connection: the server does not end pgmedic's warm sessions for being idle. On a full server a lost slot does not come back soon.
-- Costs under 0.1 ms, touches no table. Versions 14 and later. Every role may.
SELECT /* pgmedic:awake */ pg_catalog.set_config('idle_session_timeout', '0', false)
