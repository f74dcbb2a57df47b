SELECT id FROM "Users" WHERE lower("Email") = 'user77@example.com'
