-- A key within a part of a document.
CREATE TABLE accounts (id bigint, doc jsonb NOT NULL);
INSERT INTO accounts SELECT n, jsonb_build_object('opt', jsonb_build_array('o' || n % 60, CASE WHEN n % 400 = 0 THEN 'beta' ELSE 'p' || n % 90 END), 'pad', repeat('p', 60)) FROM generate_series(1, 50000) AS n;
VACUUM ANALYZE accounts;
