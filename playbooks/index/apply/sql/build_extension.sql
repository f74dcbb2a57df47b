-- Whether this database has the extension $1. Costs less than 1 ms. All versions from 13. Any role.
SELECT /* pgmedic:build_extension */ EXISTS (SELECT FROM pg_catalog.pg_extension AS e WHERE e.extname = $1)
