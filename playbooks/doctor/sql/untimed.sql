-- Sent once in the transaction of all readings, after path: no transaction_timeout (17+) of the role's ends what each statement's own timeout bounds.
-- Costs about 1 ms. Versions 13 and later: before 17 it changes nothing. Every role may.
SELECT /* pgmedic:untimed */ set_config(s.name, '0', true) FROM pg_settings AS s WHERE s.name = 'transaction_timeout'
