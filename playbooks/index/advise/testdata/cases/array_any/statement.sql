SELECT id FROM articles WHERE 77 = ANY (labels)
