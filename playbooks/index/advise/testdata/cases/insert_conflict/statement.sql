INSERT INTO feed VALUES (1, 2, 'x') ON CONFLICT (id) DO UPDATE SET note = excluded.note WHERE feed.kind = 3
