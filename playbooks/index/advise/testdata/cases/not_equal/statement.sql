SELECT id FROM payments WHERE state <> 'settled' ORDER BY created LIMIT 10
