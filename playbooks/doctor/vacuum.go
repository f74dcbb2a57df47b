package doctor

import (
	"fmt"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

var autovacuumRules = rules([]rule{
	{
		check: "vacuum.autovacuum", setting: "autovacuum", bad: isOff, severity: Critical, to: "on",
		title: "Autovacuum is off", fine: "Autovacuum is on",
		means: "Dead rows stay, statistics go stale and plans with them, and the transaction ids run towards the wraparound.",
	},
})

// Ages of transaction ids from which on there is something to do. The server refuses writes at about 2.1 billion; from 1.6 billion on (vacuum_failsafe_age) vacuum drops
// everything else to be in time.
const (
	ageWarning  = 1_000_000_000
	ageCritical = 1_600_000_000
)

// wraparound says how far the databases are from the end of the transaction ids.
func wraparound(r *Readings) []Finding {
	if r.Databases == nil {
		return nil
	}
	var worst Database
	for _, d := range r.Databases {
		if max(d.XidAge, d.MultixactAge) >= max(worst.XidAge, worst.MultixactAge) {
			worst = d
		}
	}
	oldest := max(worst.XidAge, worst.MultixactAge)
	read := []string{fmt.Sprintf("database %s: age(datfrozenxid) = %d, mxid_age(datminmxid) = %d", worst.Name, worst.XidAge, worst.MultixactAge)}
	read = append(read, r.saw("autovacuum_freeze_max_age")...)
	severity := Fine
	switch {
	case oldest >= ageCritical:
		severity = Critical
	case oldest >= ageWarning:
		severity = Warning
	default:
		return []Finding{{Check: "vacuum.wraparound", Severity: severity, Title: "No database is near the wraparound of transaction ids", Read: read}}
	}
	var mend []Step
	for _, t := range r.Tables {
		if t.XidAge >= ageWarning && !t.Toast && len(mend) < 5 {
			mend = append(mend, Step{SQL: "VACUUM (FREEZE, VERBOSE) " + sqltext.Ident(t.Schema, t.Name) + ";", Takes: AtOnce})
		}
	}
	mend = append(mend, Step{Do: "first end what holds the oldest xmin: old transactions, prepared ones, replication slots, standbys with " +
		"hot_standby_feedback"},
		Step{Do: "connect to database " + worst.Name + " and vacuum its oldest tables, age(relfrozenxid) first"})
	return []Finding{{
		Check: "vacuum.wraparound", Severity: severity,
		Title: fmt.Sprintf("Database %s is %.0f %% of the way to the wraparound of transaction ids", worst.Name, float64(oldest)/21_474_836.47),
		Read:  read,
		Means: "At 100 % the server takes no more writes until it was vacuumed; long before, anti-wraparound vacuums run that DDL has to wait for.",
		Mend:  mend, Verify: "SELECT datname, age(datfrozenxid), mxid_age(datminmxid) FROM pg_database ORDER BY 2 DESC;",
	}}
}

// some sums up the tables that a condition holds for, largest first.
func (r *Readings) some(holds func(Table) bool) []Table {
	var found []Table
	for _, t := range r.Tables {
		if holds(t) {
			found = append(found, t)
		}
	}
	return found
}

// tablesMost is how many tables are read, as LIMIT in sql/tables.sql.
const tablesMost = 1000

// tablesCut says whether there may be more tables than were read.
func (r *Readings) tablesCut() bool { return len(r.Tables) >= tablesMost }

// tables counts some of the tables, as far as they were read.
func (r *Readings) tables(some []Table, one, many string) string {
	if r.tablesCut() {
		return fmt.Sprintf("%d or more %s", len(some), many)
	}
	return probes.Counted(len(some), one, many)
}

// tableFinding is one finding about several tables: a line and a statement for each of the largest.
func tableFinding(f Finding, tables []Table, line func(Table) string, sql func(Table) string) []Finding {
	const most = 5
	for i, t := range tables {
		if i == most {
			f.Read = append(f.Read, fmt.Sprintf("and %d more", len(tables)-most))
			break
		}
		f.Read = append(f.Read, sqltext.Ident(t.Schema, t.Name)+": "+line(t))
		f.Mend = append(f.Mend, Step{SQL: sql(t), Takes: AtOnce})
	}
	return []Finding{f}
}

// staleTables says which tables' statistics the planner should not be trusted with.
func staleTables(r *Readings) []Finding {
	if r.Tables == nil || r.Server.InRecovery { // a standby does not count changes
		return nil
	}
	stale := r.some(func(t Table) bool {
		never := t.Analyzed == nil && t.Live > 1000
		return !t.Toast && (never || t.Changed > 1000 && float64(t.Changed) > 0.2*float64(t.Live))
	})
	if len(stale) == 0 && r.tablesCut() {
		return nil // there may be such among the others
	}
	if len(stale) == 0 {
		return fine("vacuum.statistics", "The tables' statistics are fresh")
	}
	f := Finding{
		Check: "vacuum.statistics", Severity: Warning, Title: r.tables(stale, "table has", "tables have") + " stale statistics",
		Means: "The planner guesses from them: a plan that was good flips to a bad one without any change of the application, as a rule under load.",
		Verify: "SELECT schemaname, relname, last_analyze, last_autoanalyze, n_mod_since_analyze FROM pg_stat_user_tables ORDER BY " +
			"n_mod_since_analyze DESC LIMIT 10;",
	}
	return tableFinding(f, stale, func(t Table) string {
		if t.Analyzed == nil {
			return fmt.Sprintf("%d rows, never analyzed as far as the statistics go back", t.Live)
		}
		return fmt.Sprintf("%d of about %d rows changed since it was analyzed %s ago", t.Changed, t.Live, age(r.now().Sub(*t.Analyzed).Seconds()))
	}, func(t Table) string { return "ANALYZE " + sqltext.Ident(t.Schema, t.Name) + ";" })
}

// deadRows says which tables vacuum does not keep up with.
func deadRows(r *Readings) []Finding {
	dead := r.some(func(t Table) bool { return !t.Toast && t.Dead > 10000 && float64(t.Dead) > 0.2*float64(t.Live) })
	if len(dead) == 0 {
		return nil
	}
	f := Finding{
		Check: "vacuum.dead_rows", Severity: Warning, Title: r.tables(dead, "table is", "tables are") + " full of dead rows",
		Means: "Scans read dead rows too, and what they hold back grows the files. Either vacuum is too slow for the table or something old " +
			"holds it back.",
		Verify: "SELECT relname, n_live_tup, n_dead_tup, last_autovacuum FROM pg_stat_user_tables ORDER BY n_dead_tup DESC LIMIT 10;",
	}
	return tableFinding(f, dead, func(t Table) string { return fmt.Sprintf("%d dead rows beside %d live ones", t.Dead, t.Live) },
		func(t Table) string { return "VACUUM (ANALYZE) " + sqltext.Ident(t.Schema, t.Name) + ";" })
}

// vacuumOff says which tables autovacuum is told to leave alone.
func vacuumOff(r *Readings) []Finding {
	off := r.some(func(t Table) bool { return t.AutovacuumOff })
	if len(off) == 0 {
		return nil
	}
	f := Finding{
		Check: "vacuum.tables_off", Severity: Warning, Title: "Autovacuum is off for " + r.tables(off, "table", "tables"),
		Means:  "Such a table is neither cleaned nor analyzed until the wraparound forces it, at a time nobody chooses.",
		Verify: "SELECT oid::regclass, reloptions FROM pg_class WHERE reloptions::text LIKE '%autovacuum_enabled%';",
	}
	return tableFinding(f, off, func(t Table) string {
		return fmt.Sprintf("autovacuum_enabled = off, about %d rows, %d dead", t.Live, t.Dead)
	},
		func(t Table) string {
			return "ALTER TABLE " + sqltext.Ident(t.Schema, t.Name) + " RESET (autovacuum_enabled);"
		})
}

// workersBusy says whether autovacuum has a worker to spare.
func workersBusy(r *Readings) []Finding {
	most, known := r.number("autovacuum_max_workers")
	if !known || r.Sessions == nil || r.Sessions.Hidden > 0 || float64(r.Sessions.VacuumWorkers) < most {
		return nil
	}
	return []Finding{{
		Check: "vacuum.workers", Severity: Warning, Title: "Autovacuum has no worker to spare: " + probes.Counted(int(most), "is", "are") + " busy now",
		Read: r.saw("autovacuum_max_workers"),
		Means: "Tables that are due wait; if it is so most of the time, vacuum falls behind. More workers share the same speed limit: raise " +
			"that too.",
		Mend: append(r.set("autovacuum_vacuum_cost_limit", "2000"), Step{Do: "or a shorter autovacuum_vacuum_cost_delay; watch the disk " +
			"while you do"}),
		Verify: "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'autovacuum worker';",
	}}
}

// longTransaction is from how many seconds on a transaction is old on a quiet day.
const longTransaction = 3600

// oldSnapshot says whether something old is running that builds and vacuum wait for.
func oldSnapshot(r *Readings) []Finding {
	if r.Sessions == nil {
		return nil
	}
	oldest := max(r.Sessions.OldestXactAge, r.Sessions.IdleInTxAge)
	if oldest < longTransaction {
		if r.Sessions.Hidden > 0 {
			return nil
		}
		return fine("vacuum.old_transactions", "No transaction is older than an hour")
	}
	return []Finding{{
		Check: "vacuum.old_transactions", Severity: Warning, Title: "A transaction is open for " + age(oldest),
		Read:  []string{fmt.Sprintf("oldest transaction %s, oldest snapshot %d transactions back", age(r.Sessions.OldestXactAge), r.Sessions.OldestXmin)},
		Means: "Vacuum cannot remove what died since; an index build CONCURRENTLY waits for it before it ends.",
		Mend:  []Step{{Do: "see whose it is and whether it still works; a forgotten one is ended by its application"}},
		Verify: "SELECT pid, usename, application_name, state, now() - xact_start AS age FROM pg_stat_activity WHERE xact_start IS NOT NULL " +
			"ORDER BY xact_start LIMIT 5;",
	}}
}
