-- The operator of an extension is named with its schema: an index is built where pg_catalog alone is searched.
CREATE SCHEMA ext;
CREATE EXTENSION hstore SCHEMA ext;
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = public, ext', current_database()); END $$;
CREATE TABLE things (id int, attributes ext.hstore);
INSERT INTO things SELECT n, ext.hstore(ARRAY['colour', 'c' || n % 200, 'size', 's' || n % 5]) FROM generate_series(1, 50000) AS n;
VACUUM ANALYZE things;
