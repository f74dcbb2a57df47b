SELECT note FROM days WHERE at = '2026-02-03' AND kind = 77
