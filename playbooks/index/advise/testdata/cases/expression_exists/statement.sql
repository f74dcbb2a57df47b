SELECT note FROM users WHERE lower(email) = 'user7@example.com'
