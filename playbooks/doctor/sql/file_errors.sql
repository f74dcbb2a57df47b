-- Read once: lines of the configuration files that the server cannot use, with the context of the setting: a changed one of context postmaster is
-- reported too, until the restart.
-- Costs 1 to 3 ms: reads the files. Versions 13 and later. Superusers, or who was granted SELECT on the view and EXECUTE on its function.
SELECT /* pgmedic:file_errors */ COALESCE(f.sourcefile, '') AS file, COALESCE(f.sourceline, 0) AS line, COALESCE(f.name, '') AS name, f.error,
       COALESCE(s.context, '') AS context, COALESCE(s.pending_restart, false) AS pending
FROM pg_file_settings AS f LEFT JOIN pg_settings AS s ON s.name = lower(f.name)
WHERE f.error IS NOT NULL
ORDER BY f.seqno
LIMIT 20
