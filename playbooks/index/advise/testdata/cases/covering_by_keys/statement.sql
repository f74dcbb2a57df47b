SELECT status, count(*) FROM tickets WHERE account = 1 GROUP BY status
