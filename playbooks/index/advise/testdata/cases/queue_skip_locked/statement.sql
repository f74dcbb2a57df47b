SELECT id FROM work WHERE state = 'ready' ORDER BY priority DESC, created LIMIT 1 FOR UPDATE SKIP LOCKED
