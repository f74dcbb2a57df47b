SELECT max(price) FROM prices
