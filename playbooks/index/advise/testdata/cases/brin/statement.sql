SELECT avg(ms) FROM access_log WHERE at >= '2026-01-01 20:00+00' AND at < '2026-01-02 02:00+00'
