-- Read before a statement is parsed: the session's own search_path, whatever the transaction's is, and whether its role may have the server write files or run
-- programs, itself or as a member of a role that may.
-- Costs about 1 ms: pg_settings is read. Versions 13 and later. Every role may.
SELECT /* pgmedic:own_path */ (SELECT s.reset_val FROM pg_catalog.pg_settings AS s WHERE s.name OPERATOR(pg_catalog.=) 'search_path'),
       EXISTS (SELECT FROM pg_catalog.pg_roles AS r
               WHERE (r.rolsuper OR r.rolname OPERATOR(pg_catalog.=) 'pg_execute_server_program' OR r.rolname OPERATOR(pg_catalog.=) 'pg_write_server_files')
                 AND pg_catalog.pg_has_role(r.oid, 'MEMBER'))
