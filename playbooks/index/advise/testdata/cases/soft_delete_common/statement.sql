SELECT id FROM accounts WHERE email = 'user77@example.com' AND deleted_at IS NULL
