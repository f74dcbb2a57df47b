SELECT note FROM cells WHERE (x, y) IN ((1, 2), (3, 4))
