-- The seed's table in small: 20,000 reports, one organization with half of them, one user with most of its incomplete ones.
CREATE SCHEMA reports;
CREATE TABLE reports.reports (
    id              bigint PRIMARY KEY,
    report_type     text NOT NULL,
    title           text NOT NULL,
    format          text NOT NULL,
    user_id         uuid NOT NULL,
    params          jsonb NOT NULL,
    organization_id uuid NOT NULL,
    created_at      timestamptz NOT NULL,
    completed_at    timestamptz
);
INSERT INTO reports.reports
SELECT g,
       (ARRAY['issues-csv', 'issues-csv', 'issues-csv', 'summary'])[g % 4 + 1],
       'Report ' || g % 50,
       (ARRAY['csv', 'csv', 'pdf'])[g % 3 + 1],
       md5('user' || CASE WHEN g % 4 = 0 THEN 0 ELSE g % 997 END)::uuid,
       jsonb_build_object('page', g),
       md5('org' || CASE WHEN g % 2 = 0 THEN 0 ELSE g % 101 END)::uuid,
       timestamptz '2026-01-01 00:00Z' + g * interval '1 minute',
       CASE WHEN g % 37 <> 0 THEN timestamptz '2026-01-01 00:05Z' + g * interval '1 minute' END
FROM generate_series(1, 20000) AS g;
CREATE INDEX reports_organization_id_index ON reports.reports (organization_id);
ANALYZE reports.reports
