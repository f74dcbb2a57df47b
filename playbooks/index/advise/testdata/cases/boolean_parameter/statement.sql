SELECT id FROM jobs WHERE done = false AND queue = 'queue 0' ORDER BY run_at, id LIMIT 5
