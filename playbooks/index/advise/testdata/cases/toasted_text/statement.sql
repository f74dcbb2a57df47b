SELECT id FROM notes WHERE note = 'short77'
