WITH found AS (SELECT account FROM events WHERE date_trunc('day', at) = '2024-05-05') SELECT count(*) FROM found JOIN accounts ON accounts.id = found.account
