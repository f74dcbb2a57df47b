-- Read where a statement's text is not found: whether this role sees other roles' statements.
-- Costs under 0.1 ms. Versions 13 and later. Every role may.
SELECT /* pgmedic:sees_all */ pg_catalog.pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')
