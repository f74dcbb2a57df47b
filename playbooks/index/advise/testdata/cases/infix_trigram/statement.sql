SELECT id FROM customers WHERE name ILIKE '%c4ca4238%'
