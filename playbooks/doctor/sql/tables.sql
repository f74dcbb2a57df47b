-- Read once: tables of this database that vacuum or analyze do not keep up with, largest first. Figures are of the cumulative statistics.
-- Costs 1 ms at 100 tables, about 100 ms at 20,000; takes no lock on them. Versions 13 and later. Every role may.
SELECT /* pgmedic:tables */ f.schema, f.name, f.toast, f.pages, f.xid_age, f.live, f.dead, f.changed, f.analyzed, f.autovacuum_off
FROM (
    SELECT n.nspname::text AS schema, c.relname::text AS name, c.relkind = 't' AS toast, c.relpages::bigint AS pages,
           age(c.relfrozenxid)::bigint AS xid_age,
           pg_stat_get_live_tuples(c.oid) AS live, pg_stat_get_dead_tuples(c.oid) AS dead, pg_stat_get_mod_since_analyze(c.oid) AS changed,
           GREATEST(pg_stat_get_last_analyze_time(c.oid), pg_stat_get_last_autoanalyze_time(c.oid)) AS analyzed,
           COALESCE((SELECT o.option_value FROM pg_options_to_table(c.reloptions) AS o WHERE o.option_name = 'autovacuum_enabled') IN
               ('false', 'off', '0', 'no'), false) AS autovacuum_off
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'm', 't') AND c.relpersistence <> 't' AND n.nspname <> 'information_schema'
) AS f
WHERE f.autovacuum_off OR f.xid_age > $1
   OR f.dead > 10000 AND f.dead > 0.2 * f.live
   OR NOT f.toast AND f.changed > 1000 AND f.changed > 0.2 * f.live
   OR NOT f.toast AND f.live > 1000 AND f.analyzed IS NULL
ORDER BY f.pages DESC, f.schema, f.name
LIMIT 1000
