DELETE FROM parents WHERE id = 77
