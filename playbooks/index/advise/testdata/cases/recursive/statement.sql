WITH RECURSIVE t AS (SELECT id, parent_id FROM categories WHERE id = 60 UNION ALL SELECT c.id, c.parent_id FROM categories c JOIN t ON c.parent_id = t.id) SELECT count(*) FROM t
