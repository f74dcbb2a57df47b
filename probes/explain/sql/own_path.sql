-- Read before a statement is parsed: the session's own search_path, and whether its role may have the server write files or run programs, itself or as a member of
-- a role that may.
-- Costs under 0.5 ms. Versions 13 and later. Every role may.
SELECT /* pgmedic:own_path */ pg_catalog.current_setting('search_path'),
       EXISTS (SELECT FROM pg_catalog.pg_roles AS r
               WHERE (r.rolsuper OR r.rolname OPERATOR(pg_catalog.=) 'pg_execute_server_program' OR r.rolname OPERATOR(pg_catalog.=) 'pg_write_server_files')
                 AND pg_catalog.pg_has_role(r.oid, 'MEMBER'))
