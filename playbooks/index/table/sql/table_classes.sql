-- The operator classes that the types $1 (none of them a domain) can have in an index of each method: for the type itself, for one that it is binary coercible to,
-- and for any array, enum, range, multirange or row. default: the one that stands where none is named.
-- Costs about 1 ms. Versions 13 and later. Every role may.
SELECT /* pgmedic:table_classes */ t.oid, m.amname::text, o.opcname::text,
       CASE WHEN n.nspname <> 'pg_catalog' THEN pg_catalog.quote_ident(n.nspname) || '.' ELSE '' END || pg_catalog.quote_ident(o.opcname),
       o.opcdefault AND (o.opcintype = t.oid OR NOT EXISTS (
           SELECT FROM pg_catalog.pg_opclass AS x WHERE x.opcmethod = o.opcmethod AND x.opcdefault AND x.opcintype = t.oid) AND (i.typtype = 'p' OR i.typispreferred))
FROM pg_catalog.pg_type AS t
JOIN pg_catalog.pg_opclass AS o ON true
JOIN pg_catalog.pg_type AS i ON i.oid = o.opcintype
JOIN pg_catalog.pg_am AS m ON m.oid = o.opcmethod
JOIN pg_catalog.pg_namespace AS n ON n.oid = o.opcnamespace
WHERE t.oid = ANY ($1)
  AND (i.oid = t.oid
       OR EXISTS (SELECT FROM pg_catalog.pg_cast AS c
                  WHERE c.castsource = t.oid AND c.casttarget = i.oid AND c.castmethod = 'b' AND c.castcontext = 'i')
       OR i.typname = CASE WHEN t.typcategory = 'A' THEN 'anyarray' WHEN t.typtype = 'e' THEN 'anyenum' WHEN t.typtype = 'r' THEN 'anyrange'
                           WHEN t.typtype = 'm' THEN 'anymultirange' WHEN t.typtype = 'c' THEN 'record' END AND i.typtype = 'p')
ORDER BY t.oid, m.amname, 5 DESC, o.opcname
