-- Read with a draft: whether this role may read what the configuration files set, as superusers may, and whom they let.
-- Costs under 0.1 ms. Versions 13 and later. Every role may.
SELECT /* pgmedic:configuration_right */ has_function_privilege('pg_show_all_file_settings()', 'EXECUTE')
