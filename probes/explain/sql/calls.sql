-- Read before EXPLAIN ANALYZE, and before any EXPLAIN of who may have the server write files or run programs: the functions that a statement calls, as far as
-- its text tells: those that it names, as a call or as the field of a row, by the search_path used ($5); those behind the operators, aggregates, casts and domains
-- that it names; those in what the server keeps with the relations that it names, what these are made of and inherit to: views, rules, policies, and for
-- planning only defaults, checks, indexes, partition keys and statistics; those that its plan names ($7, without their schemas). For planning only: those of
-- all casts, as nobody has to write one, and of the domains within the parameters' types ($8). What a function calls is not known. volatile: run, it may do
-- what a rollback does not take back; left out are the server's own that only compute. foreign: its owner is no superuser.
-- Costs a few ms. Versions 13 and later. Every role may.
SELECT /* pgmedic:calls */ f.name, f.volatile, f."foreign" FROM (WITH RECURSIVE mention AS (
    SELECT DISTINCT m.schema::name AS schema, m.name::name AS name, m.called, m.field
    FROM unnest($1::text[], $2::text[], $3::boolean[], $4::boolean[]) AS m (schema, name, called, field)
), relation AS (
    SELECT c.oid
    FROM mention AS m JOIN pg_catalog.pg_class AS c ON c.relname = m.name JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = m.schema OR m.schema = '' AND n.nspname = ANY ($5::name[])
    UNION
    SELECT further.oid
    FROM relation AS r CROSS JOIN LATERAL (
        SELECT d.refobjid
        FROM pg_catalog.pg_rewrite AS w
        JOIN pg_catalog.pg_depend AS d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid AND d.refclassid = 'pg_class'::regclass
        WHERE w.ev_class = r.oid
        UNION ALL
        SELECT i.inhrelid FROM pg_catalog.pg_inherits AS i WHERE i.inhparent = r.oid
    ) AS further (oid)
), within AS (
    SELECT unnest($8::oid[]) AS type
    UNION
    SELECT part.type
    FROM within AS w JOIN pg_catalog.pg_type AS t ON t.oid = w.type CROSS JOIN LATERAL (
        SELECT unnest(ARRAY[t.typbasetype, t.typelem])
        UNION ALL
        SELECT g.rngsubtype FROM pg_catalog.pg_range AS g WHERE g.rngtypid = t.oid
        UNION ALL
        SELECT a.atttypid FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = t.typrelid AND a.attnum > 0
    ) AS part (type) WHERE part.type <> 0
), kept AS (
    SELECT 'pg_rewrite'::regclass AS class, w.oid, true AS run FROM relation AS r JOIN pg_catalog.pg_rewrite AS w ON w.ev_class = r.oid
    UNION ALL
    SELECT 'pg_policy'::regclass, p.oid, true FROM relation AS r JOIN pg_catalog.pg_policy AS p ON p.polrelid = r.oid
    UNION ALL
    SELECT 'pg_attrdef'::regclass, a.oid, false FROM relation AS r JOIN pg_catalog.pg_attrdef AS a ON a.adrelid = r.oid
    UNION ALL
    SELECT 'pg_constraint'::regclass, c.oid, false FROM relation AS r JOIN pg_catalog.pg_constraint AS c ON c.conrelid = r.oid
    UNION ALL
    SELECT 'pg_class'::regclass, i.indexrelid, false FROM relation AS r JOIN pg_catalog.pg_index AS i ON i.indrelid = r.oid
    UNION ALL
    SELECT 'pg_class'::regclass, r.oid, false FROM relation AS r
    UNION ALL
    SELECT 'pg_statistic_ext'::regclass, s.oid, false FROM relation AS r JOIN pg_catalog.pg_statistic_ext AS s ON s.stxrelid = r.oid
    UNION ALL
    SELECT 'pg_constraint'::regclass, c.oid, true
    FROM mention AS m JOIN pg_catalog.pg_type AS t ON t.typname = m.name JOIN pg_catalog.pg_constraint AS c ON c.contypid = t.oid
    UNION ALL
    SELECT 'pg_constraint'::regclass, c.oid, false FROM within AS w JOIN pg_catalog.pg_constraint AS c ON c.contypid = w.type
), named AS (
    SELECT p.oid, true AS run
    FROM mention AS m JOIN pg_catalog.pg_proc AS p ON p.proname = m.name JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
    WHERE m.called AND (n.nspname = m.schema OR m.schema = '' AND n.nspname = ANY ($5::name[]))
       OR m.field AND p.pronargs = 1 AND n.nspname = ANY ($5::name[])
          AND EXISTS (SELECT FROM pg_catalog.pg_type AS t WHERE t.oid = p.proargtypes[0] AND t.typtype IN ('c', 'd', 'p'))
    UNION
    SELECT o.oprcode::oid, true FROM pg_catalog.pg_operator AS o WHERE o.oprname = ANY ($6::name[])
    UNION
    SELECT c.castfunc, EXISTS (SELECT FROM mention AS m JOIN pg_catalog.pg_type AS t ON t.typname = m.name WHERE t.oid = c.casttarget)
    FROM pg_catalog.pg_cast AS c
    UNION
    SELECT COALESCE(o.oprcode::oid, d.refobjid), k.run
    FROM kept AS k JOIN pg_catalog.pg_depend AS d ON d.classid = k.class AND d.objid = k.oid
    LEFT JOIN pg_catalog.pg_operator AS o ON d.refclassid = 'pg_operator'::regclass AND o.oid = d.refobjid
    WHERE d.refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass)
    UNION
    SELECT p.oid, true FROM pg_catalog.pg_proc AS p WHERE p.proname = ANY ($7::name[])
), called AS (
    SELECT oid, run FROM named
    UNION
    SELECT unnest(ARRAY[a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggserialfn, a.aggdeserialfn, a.aggmtransfn, a.aggminvtransfn, a.aggmfinalfn]::oid[]),
           named.run
    FROM named JOIN pg_catalog.pg_aggregate AS a ON a.aggfnoid = named.oid
)
SELECT p.proname::text AS name,
       bool_or(c.run AND p.provolatile = 'v' AND NOT (n.nspname = 'pg_catalog' AND p.proname IN (
           'random', 'random_normal', 'clock_timestamp', 'timeofday', 'gen_random_uuid', 'uuidv4', 'uuidv7', 'pg_sleep', 'pg_sleep_for', 'pg_sleep_until',
           'setseed'))) AS volatile,
       bool_or(n.nspname <> 'pg_catalog' AND NOT r.rolsuper) AS "foreign"
FROM called AS c JOIN pg_catalog.pg_proc AS p ON p.oid = c.oid JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
JOIN pg_catalog.pg_roles AS r ON r.oid = p.proowner
GROUP BY p.proname) AS f ORDER BY f.name
