-- Statements of every sort, one a line, for the test that every candidate is one that the server takes and the planner uses.
SELECT * FROM things WHERE starts_with(email, 'user77')
SELECT * FROM things WHERE kind + 1 = 5
SELECT * FROM things WHERE kind % 7 = 3 AND abs(kind) = 3
SELECT * FROM things WHERE (data ->> 'done')::boolean
SELECT * FROM things WHERE NOT (kind = 3) AND active IS NOT TRUE
SELECT * FROM things WHERE active IS UNKNOWN OR kind IS NULL
SELECT * FROM things WHERE status = ANY (ARRAY['failed', 'new']) OR kind IS NULL
SELECT * FROM things WHERE email = ANY (SELECT name FROM accounts)
SELECT * FROM things WHERE price BETWEEN 1 AND 2 OR price IS NULL
SELECT * FROM things WHERE data -> 'a' ->> 'b' IS NULL AND data #>> '{a,b}' = 'x'
SELECT * FROM things WHERE length(email) > 20
SELECT * FROM things WHERE kind = 5 AND tags = ARRAY['a']
SELECT * FROM things WHERE ROW(kind, price) = ROW(1, 2)
SELECT * FROM things WHERE (kind, made) < (5, now()) AND (day, due) >= ('2024-01-02', '2024-01-02')
SELECT * FROM things WHERE made AT TIME ZONE 'UTC' > '2024-01-01'
SELECT * FROM things WHERE date_trunc('day', made AT TIME ZONE 'UTC') = '2024-01-05'
SELECT * FROM things WHERE made > now() - interval '1 day' AND day = current_date
SELECT * FROM things WHERE to_char(due, 'YYYY') = '2024'
SELECT * FROM things WHERE upper(label) = 'X' AND label || email = 'x'
SELECT * FROM things WHERE coalesce(gone, made) > '2024-01-05' AND coalesce(kind, price) = 7
SELECT * FROM things WHERE gone IS NULL OR gone > now()
SELECT * FROM things WHERE email ILIKE 'user77%' AND email NOT LIKE 'x%'
SELECT * FROM things WHERE email LIKE '%77' OR label LIKE '_abel 7%'
SELECT * FROM things WHERE email SIMILAR TO '%(aaa|bbb)%'
SELECT * FROM things WHERE label ~* 'abel 77$' AND code LIKE '%77%'
SELECT * FROM things WHERE tags @> '{}' AND NOT tags && '{a}'
SELECT * FROM things WHERE net >>= '10.7.0.1' AND host = ANY ('{10.0.0.1,10.0.0.2}')
SELECT * FROM things WHERE words @@ 'word7' AND kind = 5
SELECT * FROM things WHERE feeling > 'sad' AND feeling <> 'happy'
SELECT * FROM things WHERE feeling IN ('sad', 'ok') AND status <> ALL ('{failed,new}')
SELECT * FROM things WHERE price = 7 AND kind = 5.5 AND id = 7::smallint
SELECT * FROM things WHERE account_id::integer = 5 AND price::integer = 7
SELECT * FROM things WHERE kind = 5 AND status = 'done' AND gone IS NOT NULL AND active AND email = 'a' AND label = 'b' AND price > 1 AND made > '2024-01-02'
SELECT * FROM things WHERE body LIKE 'c4ca%'
SELECT * FROM things WHERE lower(body) = 'x'
SELECT * FROM things WHERE data = '{}' OR plain IS NOT NULL
SELECT * FROM things WHERE parent_id = id
SELECT * FROM things WHERE kind = 5 OR (kind = 6 AND price > 5) OR (email LIKE 'user7%' AND label = 'x')
SELECT * FROM things WHERE CASE WHEN kind = 3 THEN price ELSE 0 END > 5
SELECT * FROM things WHERE secret < '\x10' AND address LIKE '%user77%'
SELECT * FROM things WHERE "Odd ""Name" BETWEEN 3 AND 4 AND lower(status) = 'failed'
SELECT * FROM things WHERE kind = 3 AND during @> now() AND spans && numrange(1, 2)
SELECT * FROM things WHERE bytes = 'x' AND bytes > 'a' COLLATE "en-x-icu"
SELECT * FROM things WHERE code = 'c77' AND left(email, 3) = 'use'
SELECT * FROM things WHERE md5(body) = 'x' AND kind = 5
SELECT * FROM things WHERE array_length(tags, 1) > 3 AND tags[1] = 't3'
SELECT * FROM things WHERE extract(year FROM due) = 2024 AND extract(dow FROM day) = 3
SELECT * FROM things WHERE (kind = 3) = active
SELECT * FROM things WHERE area @> box '(1,1),(0,0)' AND place ~= point '(1,1)'
SELECT *, row_number() OVER (PARTITION BY account_id ORDER BY made DESC) FROM things WHERE kind = 3
SELECT status, count(*) FROM things WHERE made > '2024-01-03' GROUP BY status HAVING count(*) > 3 ORDER BY 2 DESC
SELECT * FROM accounts a WHERE NOT EXISTS (SELECT FROM things t WHERE t.account_id = a.id AND t.price > 800)
SELECT * FROM accounts a LEFT JOIN things t ON t.account_id = a.id AND t.kind = 3 WHERE a.region = 4
SELECT * FROM accounts a FULL JOIN things t ON t.account_id = a.id
SELECT * FROM things t JOIN accounts a ON a.id = t.account_id JOIN lines l ON l.order_id = t.id WHERE l.amount = 77
SELECT * FROM things a JOIN things b ON a.parent_id = b.id AND b.kind = 3 JOIN things c ON c.parent_id = b.id WHERE c.status = 'failed'
SELECT * FROM accounts a JOIN things t ON lower(t.email) = lower(a.name)
SELECT * FROM accounts a JOIN things t ON t.email = a.name OR t.label = a.name WHERE a.id = 5
SELECT id FROM things WHERE kind = 3 INTERSECT SELECT id FROM things WHERE price > 800 ORDER BY 1 LIMIT 3
WITH RECURSIVE up AS (SELECT id, parent_id FROM things WHERE id = 77 UNION ALL SELECT t.id, t.parent_id FROM things t JOIN up ON t.parent_id = up.id) SELECT * FROM up
INSERT INTO orders SELECT id + 100000, email FROM things WHERE kind = 3 AND status = 'new'
UPDATE things t SET price = 1 FROM accounts a WHERE a.id = t.account_id AND a.name = 'account 7'
DELETE FROM things t USING accounts a WHERE a.id = t.account_id AND a.name = 'account 7'
SELECT * FROM things TABLESAMPLE SYSTEM (10) WHERE kind = 3
SELECT * FROM events e JOIN events f ON e.id = f.account_id WHERE e.kind = 'k7'
UPDATE events SET kind = 'x' WHERE account_id = 7
DELETE FROM events WHERE account_id = 7 AND at < '2024-01-20'
SELECT DISTINCT ON (account_id) * FROM events ORDER BY account_id, at DESC
SELECT account_id, max(made) FROM things GROUP BY account_id
SELECT min(made), max(made) FROM things WHERE account_id = 5
SELECT * FROM things WHERE account_id = 5 ORDER BY made OFFSET 10 ROWS FETCH FIRST 5 ROWS WITH TIES
SELECT * FROM things ORDER BY lower(email), id DESC NULLS LAST LIMIT 3
SELECT * FROM things ORDER BY data ->> 'k', kind LIMIT 3
SELECT * FROM things ORDER BY random() LIMIT 3
SELECT * FROM things ORDER BY body LIMIT 3
SELECT * FROM events_2 WHERE account_id = 7
SELECT t.id FROM things t WHERE t.price > (SELECT avg(u.price) FROM things u WHERE u.kind = t.kind) AND t.status = 'new'
SELECT * FROM "The Shop"."Order Lines" l WHERE lower(l."SKU") = 'sku 7' AND l.select_ > 5 ORDER BY l.placed DESC LIMIT 2
