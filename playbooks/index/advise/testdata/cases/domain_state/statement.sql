SELECT id, note FROM runs WHERE state = 'failed' ORDER BY at LIMIT 20
