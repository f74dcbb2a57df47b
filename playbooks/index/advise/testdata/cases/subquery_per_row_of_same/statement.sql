SELECT id FROM entries e WHERE e.batch = 100 AND e.amount > (SELECT avg(x.amount) FROM entries x WHERE x.batch = e.batch)
