CREATE TABLE visits (page int NOT NULL, at timestamptz NOT NULL);
INSERT INTO visits SELECT n % 5000, timestamptz '2026-01-01' + n * interval '1 second' FROM generate_series(1, 40000) AS n;
CREATE INDEX visits_page ON visits (page);
VACUUM ANALYZE visits;
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'visits_page'::regclass;
