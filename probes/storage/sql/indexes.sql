-- Read when somebody asks about tables: their indexes' state, use and columns. An expression has no column name. Takes no lock on tables or indexes.
-- Costs under 1 ms for ten tables. Versions 13 and later: {last_scan} is NULL before 16. Every role may.
SELECT /* pgmedic:indexes */ i.indrelid, i.indexrelid, ic.relname::text, m.amname::text, COALESCE(k.conname::text, ''),
       i.indisvalid, i.indisready, i.indislive, i.indisunique, i.indisprimary, i.indisexclusion, i.indpred IS NOT NULL, i.indnkeyatts::int,
       ARRAY (
           SELECT COALESCE(a.attname::text, '') FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS key (number, place)
           LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = key.number AND key.number <> 0
           ORDER BY key.place
       ),
       pg_catalog.pg_stat_get_numscans(i.indexrelid), pg_catalog.pg_stat_get_tuples_returned(i.indexrelid),
       pg_catalog.pg_stat_get_tuples_fetched(i.indexrelid), {last_scan}
FROM pg_catalog.pg_index AS i
JOIN pg_catalog.pg_class AS ic ON ic.oid = i.indexrelid
JOIN pg_catalog.pg_am AS m ON m.oid = ic.relam
LEFT JOIN pg_catalog.pg_constraint AS k ON k.conrelid = i.indrelid AND k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x')
WHERE i.indrelid = ANY ($1::oid[])
ORDER BY i.indrelid, ic.relname
