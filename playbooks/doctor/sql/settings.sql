-- Read once, and once more over a session without settings of pgmedic's own: the settings that the checks judge, and those that wait for a restart.
-- Costs 1 to 2 ms. Versions 13 and later: what a version lacks is not there. Without pg_read_all_settings a few, and all files' names, are hidden.
SELECT /* pgmedic:settings */ s.name, current_setting(s.name) AS shown, s.setting AS raw, COALESCE(s.unit, '') AS unit, s.context, s.source,
       COALESCE(s.sourcefile, '') AS file, COALESCE(s.sourceline, 0) AS line, s.pending_restart
FROM pg_settings AS s
WHERE s.name = ANY ($1::text[]) OR s.pending_restart OR s.name = 'rds.rds_superuser_reserved_connections'
