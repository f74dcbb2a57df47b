-- Read once a connection and every 60 s: what bounds the connections, and whether sessions show what they do and carry a query id.
-- Costs under 1 ms: one row of pg_database. Versions 13 and later: settings that a version lacks are 0 or empty. Every role may.
SELECT /* pgmedic:ceiling */ current_setting('max_connections')::int,
       current_setting('superuser_reserved_connections')::int,
       COALESCE(current_setting('reserved_connections', true)::int, 0),
       d.datconnlimit,
       COALESCE(current_setting('compute_query_id', true), ''),
       current_setting('track_activities')
FROM pg_catalog.pg_database AS d
WHERE d.datname = current_database()
