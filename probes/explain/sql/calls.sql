-- Read before EXPLAIN ANALYZE, and before any EXPLAIN of who may have the server write files or run programs: the functions that a statement calls, as far as
-- its text tells: those that it names, as a call or as the field of a row, by the search_path used ($5); those behind the operators, aggregates, casts and domains
-- that it names, and in the views that it names; and those that its plan names ($7, without their schemas). What hides elsewhere is not known: behind the cast
-- that nobody wrote, inside another function, in an index's expression. volatile: it may do what a rollback does not take back; left out are the server's own
-- that only compute. foreign: its owner is no superuser.
-- Costs a few ms. Versions 13 and later. Every role may.
SELECT /* pgmedic:calls */ f.name, f.volatile, f."foreign" FROM (WITH RECURSIVE mention AS (
    SELECT DISTINCT m.schema::name AS schema, m.name::name AS name, m.called, m.field
    FROM unnest($1::text[], $2::text[], $3::boolean[], $4::boolean[]) AS m (schema, name, called, field)
), view AS (
    SELECT c.oid
    FROM mention AS m JOIN pg_catalog.pg_class AS c ON c.relname = m.name AND c.relkind = 'v' JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = m.schema OR m.schema = '' AND n.nspname = ANY ($5::name[])
    UNION
    SELECT c.oid
    FROM view AS v JOIN pg_catalog.pg_rewrite AS w ON w.ev_class = v.oid
    JOIN pg_catalog.pg_depend AS d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid AND d.refclassid = 'pg_class'::regclass
    JOIN pg_catalog.pg_class AS c ON c.oid = d.refobjid AND c.relkind = 'v'
), named AS (
    SELECT p.oid
    FROM mention AS m JOIN pg_catalog.pg_proc AS p ON p.proname = m.name JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
    WHERE m.called AND (n.nspname = m.schema OR m.schema = '' AND n.nspname = ANY ($5::name[]))
       OR m.field AND p.pronargs = 1 AND n.nspname = ANY ($5::name[])
          AND EXISTS (SELECT FROM pg_catalog.pg_type AS t WHERE t.oid = p.proargtypes[0] AND t.typtype IN ('c', 'd', 'p'))
    UNION
    SELECT o.oprcode::oid FROM pg_catalog.pg_operator AS o WHERE o.oprname = ANY ($6::name[])
    UNION
    SELECT c.castfunc FROM mention AS m JOIN pg_catalog.pg_type AS t ON t.typname = m.name JOIN pg_catalog.pg_cast AS c ON c.casttarget = t.oid
    UNION
    SELECT d.refobjid
    FROM mention AS m JOIN pg_catalog.pg_type AS t ON t.typname = m.name JOIN pg_catalog.pg_constraint AS c ON c.contypid = t.oid
    JOIN pg_catalog.pg_depend AS d ON d.classid = 'pg_constraint'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_proc'::regclass
    UNION
    SELECT d.refobjid
    FROM view AS v JOIN pg_catalog.pg_rewrite AS w ON w.ev_class = v.oid
    JOIN pg_catalog.pg_depend AS d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid AND d.refclassid = 'pg_proc'::regclass
    UNION
    SELECT p.oid FROM pg_catalog.pg_proc AS p WHERE p.proname = ANY ($7::name[])
), called AS (
    SELECT oid FROM named
    UNION
    SELECT unnest(ARRAY[a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggserialfn, a.aggdeserialfn, a.aggmtransfn, a.aggminvtransfn, a.aggmfinalfn]::oid[])
    FROM named JOIN pg_catalog.pg_aggregate AS a ON a.aggfnoid = named.oid
)
SELECT p.proname::text AS name,
       bool_or(p.provolatile = 'v' AND NOT (n.nspname = 'pg_catalog' AND p.proname IN (
           'random', 'random_normal', 'clock_timestamp', 'timeofday', 'gen_random_uuid', 'uuidv4', 'uuidv7', 'pg_sleep', 'pg_sleep_for', 'pg_sleep_until',
           'setseed'))) AS volatile,
       bool_or(n.nspname <> 'pg_catalog' AND NOT r.rolsuper) AS "foreign"
FROM called AS c JOIN pg_catalog.pg_proc AS p ON p.oid = c.oid JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
JOIN pg_catalog.pg_roles AS r ON r.oid = p.proowner
GROUP BY p.proname) AS f ORDER BY f.name
