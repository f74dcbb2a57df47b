SELECT id, report_type, title, created_at FROM reports.reports
WHERE report_type = 'issues-csv'
  AND title = 'Report 5'
  AND format = 'json'
  AND user_id = '24c9e15e-52af-c47c-225b-757e7bee1f9d'
  AND params = '{"filter": 20, "columns": ["id", "name", "severity"]}'
  AND organization_id = 'c039c6aa-6df7-0353-d7f9-99e97eb6a0a2'
  AND EXTRACT(EPOCH FROM current_timestamp - created_at) / 60 < 1440
  AND completed_at IS NULL
ORDER BY created_at DESC
LIMIT 10
