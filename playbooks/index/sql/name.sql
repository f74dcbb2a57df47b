/* pgmedic:index-name */
-- Whether schema $1 has a relation named $2. Costs less than 1 ms. All versions from 13. Any role.
SELECT EXISTS (SELECT FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2)
