-- Read once: whether WAL is archived.
-- Costs under 0.1 ms. Versions 13 and later. Every role may.
SELECT /* pgmedic:archiver */ a.failed_count AS failed, COALESCE(a.last_failed_time > COALESCE(a.last_archived_time, '-infinity'), false) AS failing,
       COALESCE(extract(epoch FROM clock_timestamp() - a.last_archived_time), -1)::float8 AS archived_age
FROM pg_stat_archiver AS a
