SELECT id FROM mails WHERE status = 'failed' ORDER BY id LIMIT 50
