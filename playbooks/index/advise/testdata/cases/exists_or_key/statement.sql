SELECT id FROM posts p WHERE id BETWEEN 100 AND 120
  AND (EXISTS (SELECT 1 FROM likes l WHERE l.post_id = p.id AND l.at > '2026-01-02') OR EXISTS (SELECT 1 FROM comments c WHERE c.author = p.id))
