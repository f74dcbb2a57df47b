SELECT id FROM people WHERE seen > '2026-02-07'
