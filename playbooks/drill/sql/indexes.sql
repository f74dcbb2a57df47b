SET /* pgmedic:drill.indexes */ maintenance_work_mem = '256MB';
ALTER TABLE reports.reports ADD CONSTRAINT reports_pkey PRIMARY KEY (id);
CREATE INDEX reports_organization_id_index ON reports.reports (organization_id);
CREATE INDEX reports_created_by_index ON reports.reports (created_by);
