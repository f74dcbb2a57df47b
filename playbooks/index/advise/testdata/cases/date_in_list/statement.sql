SELECT page FROM visits WHERE at::date IN ('2026-02-03', '2026-04-05')
