SELECT id, report_type, title, created_at FROM reports.reports
WHERE report_type = $1
  AND title = $2
  AND format = $3
  AND user_id = $4
  AND params = $5
  AND organization_id = $6
  AND EXTRACT(EPOCH FROM current_timestamp - created_at) / 60 < $7
  AND completed_at IS NULL
ORDER BY created_at DESC
LIMIT 10
