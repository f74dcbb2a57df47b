SELECT * FROM "Shop"."Order Items" WHERE "Order ID" = 17
