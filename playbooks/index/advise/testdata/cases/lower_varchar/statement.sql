SELECT id FROM members WHERE lower(login) = 'login77'
