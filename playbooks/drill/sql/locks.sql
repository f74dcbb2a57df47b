-- What the lock pile-up needs besides the table: the index of the lookup, so that the calm load costs next to nothing, a person's role that may update
-- rows, and a role that owns the table, for the migration. %[1]s is the quoted password. As superuser, before anything is measured: under 1 s.
CREATE /* pgmedic:drill.locks */ INDEX reports_lookup_index ON reports.reports (user_id, organization_id, created_at DESC) WHERE completed_at IS NULL;
CREATE ROLE reports_support LOGIN PASSWORD %[1]s;
GRANT USAGE ON SCHEMA reports TO reports_support;
GRANT SELECT, UPDATE ON reports.reports TO reports_support;
CREATE ROLE reports_owner LOGIN PASSWORD %[1]s;
GRANT USAGE, CREATE ON SCHEMA reports TO reports_owner;
ALTER TABLE reports.reports OWNER TO reports_owner;
