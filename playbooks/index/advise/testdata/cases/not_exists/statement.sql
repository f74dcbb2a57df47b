SELECT w.id FROM wanted w WHERE NOT EXISTS (SELECT 1 FROM stock s WHERE s.article = w.id)
