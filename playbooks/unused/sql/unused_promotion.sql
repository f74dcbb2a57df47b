-- When this server began to write its timeline, whose history file is $1: at its promotion, or at the end of a recovery from a backup. NULL: the file
-- is not there. Files' times are shown in whole seconds, cut off: it was before the end of that second.
-- Costs about 5 ms for a thousand files of WAL; statement_timeout bounds it. Versions 13 to 18. Needs pg_monitor.
SELECT /* pgmedic:unused_promotion */ max(w.modification) + interval '1 second'
FROM pg_ls_waldir() AS w
WHERE w.name = $1
