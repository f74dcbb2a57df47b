SELECT id FROM customers WHERE name LIKE '%c4ca4238%'
