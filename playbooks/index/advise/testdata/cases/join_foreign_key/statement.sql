SELECT l.product FROM baskets b JOIN lines l ON l.basket = b.id WHERE b.customer = 77
