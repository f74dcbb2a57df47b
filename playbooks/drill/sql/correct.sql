UPDATE reports.reports SET title = title WHERE id = 1
