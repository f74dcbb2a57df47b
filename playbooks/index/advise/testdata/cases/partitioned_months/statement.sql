SELECT at, body FROM events WHERE account = 77
