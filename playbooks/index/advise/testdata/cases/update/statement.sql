UPDATE accounts SET seen = now() WHERE email = 'user77@example.com'
