SELECT id, body FROM posts WHERE (created, id) > ('2026-01-08 00:00+00', 1000) ORDER BY created, id LIMIT 20
