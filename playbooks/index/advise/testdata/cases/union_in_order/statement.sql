(SELECT id, created_at FROM posts ORDER BY created_at DESC LIMIT 10) UNION ALL (SELECT id, created_at FROM comments ORDER BY created_at DESC LIMIT 10) ORDER BY 2 DESC LIMIT 10
