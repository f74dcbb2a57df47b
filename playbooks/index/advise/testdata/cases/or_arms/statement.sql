SELECT id FROM transfers WHERE sender = 77 OR receiver = 78
