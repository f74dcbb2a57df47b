-- Grants for pgmedic: role on call, database Shop, PostgreSQL 18.99, a plain server

-- == A role that may look only
-- a role of its own: three warm sessions and three for what takes one of its own (a build, EXPLAIN
-- ANALYZE, another database), for two people at once; give it a password with \password "on call"
CREATE ROLE "on call" LOGIN CONNECTION LIMIT 12;
-- every role may by default; needed where PUBLIC lost it, in each database that is looked at
GRANT CONNECT ON DATABASE "Shop" TO "on call";
-- other roles' sessions and statements, hidden settings, replication: without it most panes are
-- empty
GRANT pg_monitor TO "on call";
-- EXPLAIN of the application's SELECTs, and pg_stats for heavy hitters and index drafts; it lets
-- the role read all rows: where that is too much, GRANT SELECT on the tables. EXPLAIN of an INSERT,
-- UPDATE or DELETE, though nothing is written, needs that privilege on its table too: GRANT it on
-- single tables, or look without such plans
GRANT pg_read_all_data TO "on call";
-- gets in when the server is full; it takes reserved_connections above 0, now 0
GRANT pg_use_reserved_connections TO "on call";
-- for everything but pgmedic: pgmedic's looking sessions are read-only anyway. Leave it out for a
-- role that may also act
ALTER ROLE "on call" SET default_transaction_read_only = on;
-- errors in the configuration files; only the doctor reads it, leave it out if you like; in each
-- database
GRANT SELECT ON pg_catalog.pg_file_settings TO "on call";
-- the function behind it; in each database
GRANT EXECUTE ON FUNCTION pg_catalog.pg_show_all_file_settings() TO "on call";

-- == Besides, for a role that may also act
-- cancel and terminate other roles' sessions; superusers' sessions stay out of reach
GRANT pg_signal_backend TO "on call";
-- owns 1 table here; an index is built, and dropped, by its table's owner or a member of that role;
-- pg_maintain is not enough for CREATE INDEX CONCURRENTLY
GRANT "shop owner" TO "on call";
-- 16 and later: the grants above must be WITH INHERIT TRUE, which is the default unless the role is
-- NOINHERIT
-- takes the read-only default of the looking role back
ALTER ROLE "on call" RESET default_transaction_read_only;
