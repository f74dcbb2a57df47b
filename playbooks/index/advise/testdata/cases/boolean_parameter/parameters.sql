SELECT id FROM jobs WHERE done = $1 AND queue = $2 ORDER BY run_at, id LIMIT $3
