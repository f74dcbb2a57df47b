-- Read when somebody asks about disk space: the settings that bound it, in bytes; -1 is no bound. The folder is hidden without pg_read_all_settings.
-- Costs under 2 ms. Versions 13 and later. Every role may.
SELECT /* pgmedic:space */ current_user::text,
       pg_catalog.pg_size_bytes(pg_catalog.current_setting('max_wal_size')),
       pg_catalog.pg_size_bytes(pg_catalog.current_setting('wal_keep_size')),
       pg_catalog.pg_size_bytes(pg_catalog.current_setting('max_slot_wal_keep_size')),
       pg_catalog.pg_size_bytes(pg_catalog.current_setting('temp_file_limit')),
       COALESCE((SELECT s.setting FROM pg_catalog.pg_settings AS s WHERE s.name = 'data_directory'), '')
