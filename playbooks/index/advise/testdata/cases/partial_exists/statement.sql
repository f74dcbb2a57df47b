SELECT note FROM orders WHERE state = 'open' AND customer = 50
