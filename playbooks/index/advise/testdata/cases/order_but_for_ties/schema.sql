-- What is left to sort are the few rows of one moment.
CREATE TABLE entries (id bigint, tenant int NOT NULL, at timestamptz NOT NULL, total int NOT NULL, pad text NOT NULL);
INSERT INTO entries SELECT n, n % 20, timestamptz '2026-01-01' + n * interval '1 minute', n % 77, repeat('p', 60) FROM generate_series(1, 60000) AS n;
CREATE INDEX entries_tenant_at ON entries (tenant, at);
VACUUM ANALYZE entries;
