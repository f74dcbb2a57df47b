-- Whether this role sees the texts of other roles' statements. Costs under 0.1 ms. Versions 13 and later; every role may.
SELECT /* pgmedic:other_sees_all */ pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE')
