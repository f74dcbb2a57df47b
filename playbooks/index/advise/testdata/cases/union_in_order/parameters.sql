(SELECT id, created_at FROM posts ORDER BY created_at DESC LIMIT $1) UNION ALL (SELECT id, created_at FROM comments ORDER BY created_at DESC LIMIT $2) ORDER BY 2 DESC LIMIT $3
