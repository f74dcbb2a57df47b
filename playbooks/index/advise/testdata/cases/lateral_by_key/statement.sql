SELECT c.chan, m.body FROM (SELECT chan FROM reads WHERE member = 100) AS c, LATERAL (SELECT body FROM messages WHERE messages.chan = c.chan ORDER BY id DESC LIMIT 1) AS m
