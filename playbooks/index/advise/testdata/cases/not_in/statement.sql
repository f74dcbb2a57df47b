SELECT count(*) FROM fresh WHERE id NOT IN (SELECT id FROM seen)
