-- Quotes, dots, capitals, and 63 bytes of UTF-8.
CREATE SCHEMA "a.b";
CREATE TABLE "a.b"."größe ""x"" Straßenbahnhaltestellenverzeichnis für Züge und" (id bigint, "sp alte.1" int NOT NULL, note text);
INSERT INTO "a.b"."größe ""x"" Straßenbahnhaltestellenverzeichnis für Züge und" SELECT n, n % 3000, repeat('n', 60) FROM generate_series(1, 60000) AS n;
VACUUM ANALYZE "a.b"."größe ""x"" Straßenbahnhaltestellenverzeichnis für Züge und";
