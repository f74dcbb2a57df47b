-- Sent before EXPLAIN: pg_stat_statements counts nothing until the transaction ends. (track_utility = off would not do: up to version 16 the server then
-- counts the statement that is explained as a call of the application's.)
-- Costs under 0.1 ms. Versions 13 and later; {granted} asks, from version 15 on, for GRANT SET ON PARAMETER, and is false before.
-- A superuser may, or who was granted it; for others it does nothing, and pg_stat_statements counts the EXPLAIN under pgmedic's role, without the values.
SELECT /* pgmedic:quiet */ count(set_config('pg_stat_statements.track', 'none', true))
WHERE current_setting('is_superuser') = 'on' OR {granted}
