SELECT min(price) FROM prices WHERE product = 7
