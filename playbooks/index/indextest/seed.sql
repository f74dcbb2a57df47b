-- The seed's table at 60,000 rows: 2.7 % incomplete, one whale organization with a quarter of the rows and two power users in it.
CREATE SCHEMA reports;
CREATE TABLE reports.reports (
    id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    report_type     text NOT NULL,
    title           text NOT NULL,
    format          text NOT NULL,
    user_id         uuid NOT NULL,
    organization_id uuid NOT NULL,
    params          jsonb NOT NULL,
    created_by      uuid NOT NULL,
    created_at      timestamptz NOT NULL,
    completed_at    timestamptz
);
INSERT INTO reports.reports (report_type, title, format, user_id, organization_id, params, created_by, created_at, completed_at)
SELECT (ARRAY['issues-csv', 'footprint-ips', 'summary', 'audit', 'inventory'])[1 + n % 5],
       'Report ' || n % 15,
       (ARRAY['csv', 'pdf', 'json'])[1 + n % 3],
       md5('user' || usr)::uuid,
       md5('org' || org)::uuid,
       jsonb_build_object('filter', n % 100, 'columns', jsonb_build_array('id', 'name', 'severity')),
       md5('user' || usr)::uuid,
       timestamptz '2026-01-01' + n * interval '1 second',
       CASE WHEN incomplete THEN NULL ELSE timestamptz '2026-01-02' + n * interval '1 second' END
FROM (
    SELECT n,
           CASE WHEN n % 4 = 0 THEN 0 ELSE 1 + n % 211 END AS org,
           CASE WHEN n % 4 = 0 THEN (CASE WHEN n % 20 = 0 THEN 1 WHEN n % 20 = 4 THEN 2 ELSE 3 + n % 97 END) ELSE 100 + n % 3001 END AS usr,
           CASE WHEN n % 20 IN (0, 4) THEN n % 100 < 18 ELSE n % 200 = 1 END AS incomplete
    FROM generate_series(1, 60000) AS n
) AS made;
CREATE INDEX reports_organization_id_index ON reports.reports (organization_id);
CREATE INDEX reports_created_by_index ON reports.reports (created_by);
VACUUM ANALYZE reports.reports;
