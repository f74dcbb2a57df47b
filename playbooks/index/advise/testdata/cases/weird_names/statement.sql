SELECT note FROM "a.b"."größe ""x"" Straßenbahnhaltestellenverzeichnis für Züge und" WHERE "sp alte.1" = 77
