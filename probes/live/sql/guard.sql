-- Sent first in every transaction of the ask session: the bounds of what follows, and the server's clock.
-- Costs under 0.1 ms. Versions 13 and later. Every role may.
SELECT /* pgmedic:guard */ clock_timestamp(), set_config('statement_timeout', $1, true), set_config('lock_timeout', $2, true)
