UPDATE reports.reports SET completed_at = current_timestamp WHERE id = $1
