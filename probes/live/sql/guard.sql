-- Sent first in every transaction of the ask session: the bounds of what follows, and the server's clock. A role's transaction_timeout (17 and later) would end the session.
-- Costs under 0.1 ms. Versions 13 and later. Every role may.
SELECT /* pgmedic:guard */ pg_catalog.clock_timestamp(), pg_catalog.set_config('statement_timeout', $1, true), pg_catalog.set_config('lock_timeout', $2, true),
       pg_catalog.set_config('idle_in_transaction_session_timeout', '10000', true),
       CASE WHEN pg_catalog.current_setting('server_version_num')::int >= 170000 THEN pg_catalog.set_config('transaction_timeout', '0', true) END
