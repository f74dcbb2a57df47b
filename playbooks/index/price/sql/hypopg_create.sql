-- A hypothetical index by the CREATE INDEX in $1, in this session's memory alone: its size. It writes nothing, so it does in a read-only transaction, and on a standby.
-- {schema} is where HypoPG is. Costs 1 ms. Versions 13 and later; needs EXECUTE on its functions.
SELECT /* pgmedic:hypopg_create */ pg_catalog.sum({schema}.hypopg_relation_size(h.indexrelid))::float8 FROM {schema}.hypopg_create_index($1) AS h
