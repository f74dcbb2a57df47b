ALTER TABLE reports.reports ADD COLUMN archived_at timestamptz
