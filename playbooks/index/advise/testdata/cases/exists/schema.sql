-- An index that leads with the same columns, in another order, serves as well.
CREATE TABLE visits (page int NOT NULL, visitor int NOT NULL, at timestamptz NOT NULL);
INSERT INTO visits SELECT n % 200, n % 301, timestamptz '2026-01-01' + n * interval '1 second' FROM generate_series(1, 40000) AS n;
CREATE INDEX visits_visitor_page ON visits (visitor, page, at);
VACUUM ANALYZE visits;
