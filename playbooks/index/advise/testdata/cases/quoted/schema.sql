-- Names that need quotes get them, in the index's definition and nowhere else: its own name can be typed.
CREATE SCHEMA "Shop";
CREATE TABLE "Shop"."Order Items" ("Order ID" int NOT NULL, "select" text);
INSERT INTO "Shop"."Order Items" SELECT n % 5000, 'item ' || n FROM generate_series(1, 40000) AS n;
VACUUM ANALYZE "Shop"."Order Items";
