-- Read once: whether WAL is archived, and whether anything is set that archives it; what it is set to may hold a password and stays on the server.
-- Costs about 1 ms. Versions 13 and later: archive_library from 15 on. Every role may; is_set is NULL where the service hides the settings.
SELECT /* pgmedic:archiver */ a.failed_count AS failed, COALESCE(a.last_failed_time > COALESCE(a.last_archived_time, '-infinity'), false) AS failing,
       COALESCE(extract(epoch FROM clock_timestamp() - a.last_archived_time), -1)::float8 AS archived_age,
       (SELECT bool_or(s.setting NOT IN ('', '(disabled)')) FROM pg_settings AS s WHERE s.name IN ('archive_command', 'archive_library')) AS is_set
FROM pg_stat_archiver AS a
