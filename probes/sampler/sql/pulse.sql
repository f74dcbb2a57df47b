-- Read with each sample: the server's clock, and whether a standby was promoted since.
-- Costs under 0.1 ms, touches no table. Versions 13 and later. Every role may.
SELECT /* pgmedic:pulse */ clock_timestamp(), pg_is_in_recovery()
