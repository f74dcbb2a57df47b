-- Read once a connection and every 60 s: the settings that matter in an incident, $1, and those of two extensions, as SHOW gives them. The values
-- of those that pgmedic set for its own session are dropped on arrival: they say nothing of the others'. Their reset_val is pgmedic's too, and who
-- may read the files is a superuser. This is pg_settings without the view, so that nothing is locked. A default that initdb
-- wrote into the file is one. Costs 1.1 to 1.3 ms: the server lists all its settings. Versions 13 and later. Every role may; without pg_read_all_settings those for superusers are absent.
SELECT /* pgmedic:settings */ s.name, COALESCE(left(current_setting(s.name, true), 1000), ''),
       CASE WHEN s.setting = s.boot_val AND s.source NOT IN ('client', 'session', 'user', 'database user') THEN 'default' ELSE s.source END, s.pending_restart
FROM pg_show_all_settings() AS s
WHERE (s.name = ANY ($1::text[]) OR s.name LIKE 'pg\_stat\_statements.%' OR s.name LIKE 'auto\_explain.%')
ORDER BY s.name
