-- Read once: whether this database's collation is another one than its indexes were sorted with.
-- Costs under 1 ms. Versions 15 and later: {recorded} is d.datcollversion, {actual} its version now. Every role may.
SELECT /* pgmedic:collations */ COALESCE({recorded}, '') AS recorded, COALESCE({actual}, '') AS actual
FROM pg_database AS d
WHERE d.datname = current_database()
