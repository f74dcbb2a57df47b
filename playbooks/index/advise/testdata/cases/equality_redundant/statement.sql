SELECT sum(value) FROM readings WHERE sensor = 7 AND at >= '2026-02-01' AND at < '2026-02-02'
