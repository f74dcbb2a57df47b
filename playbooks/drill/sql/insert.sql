INSERT INTO reports.reports (report_type, title, format, user_id, created_by, params, organization_id, created_at)
VALUES ($1, $2, $3, $4, $4, $5, $6, current_timestamp)
RETURNING id
