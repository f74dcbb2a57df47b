-- A report of organization $1 of the kind that its users have left incomplete most often, as the dedup query would look for it.
SELECT /* pgmedic:drill.patterns */ report_type, title, format, user_id::text, params::text, organization_id::text
FROM reports.reports
WHERE organization_id = $1
ORDER BY completed_at IS NULL DESC,
         count(*) FILTER (WHERE completed_at IS NULL) OVER (PARTITION BY user_id, report_type, format) DESC,
         id DESC
LIMIT 1
