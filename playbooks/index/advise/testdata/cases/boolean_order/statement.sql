SELECT id FROM jobs WHERE NOT done AND queue = 'queue 0' ORDER BY run_at, id LIMIT 5
