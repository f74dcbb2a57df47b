CREATE /* pgmedic:drill.role */ ROLE reports_rw LOGIN PASSWORD %s;
GRANT USAGE ON SCHEMA reports TO reports_rw;
GRANT SELECT, INSERT, UPDATE ON reports.reports TO reports_rw;
