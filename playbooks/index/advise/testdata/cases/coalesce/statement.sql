SELECT id FROM tasks WHERE coalesce(rank, 0) = 77
