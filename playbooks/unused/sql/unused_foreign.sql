-- The foreign keys of this database's tables: a row that is deleted or changed in the table that one points to is looked for in the table that has
-- it.
-- Costs about 1 ms, locks nothing. Versions 13 to 18. Every role may.
SELECT /* pgmedic:unused_foreign */ k.conrelid, k.conname::text, k.conkey::int2[]
FROM pg_constraint AS k
WHERE k.contype = 'f'
ORDER BY k.oid
