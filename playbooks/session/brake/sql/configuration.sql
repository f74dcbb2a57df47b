-- Read with a draft, where configuration_right allows it: what the configuration files (ALTER SYSTEM too) set of the settings $1;
-- the last entry counts, and names stand there in any case. A limit on the server's command line is not among them.
-- Costs about 1 ms: the server reads its files. Versions 13 and later. Superusers, and whoever may EXECUTE pg_show_all_file_settings.
SELECT /* pgmedic:configuration */ DISTINCT ON (lower(f.name)) lower(f.name), f.setting
FROM pg_file_settings AS f
WHERE lower(f.name) = ANY ($1::text[]) AND f.setting IS NOT NULL AND f.error IS NULL
ORDER BY lower(f.name), f.seqno DESC
