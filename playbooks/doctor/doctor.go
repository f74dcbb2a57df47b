// Package doctor examines a server on a quiet day: what pgmedic would not see in an incident and why, what is set badly for one, what would have
// warned earlier, each with the SQL or the setting that mends it on the server's version and kind.
//
// It reads first (Readings), over the read-only session and each reading under a savepoint, so that one that is refused leaves the others alone; the checks
// are pure functions over what was read. To add a check, write a function and its line in checks.
//
// # JSON
//
// Field names are stable; new ones may be added. Report: format (1), verdict, severity (critical, warning, note or fine: the worst finding's),
// exit_code, server {target, database, role, version, kind (plain, rds, aurora, cloudsql, azure, unknown), standby, tls, system_identifier, at},
// counts {critical, warning, note, fine, blind}, findings, reads (queries sent to read), took_ms.
//
// Finding: check (stable name, theme.subject), severity, blind (true: something could not be read, and this says why), title, read (list: what was
// read, as "setting = value (source)"), means (what it means in an incident), mend (list of {sql or do, takes: at once, reload, restart, new sessions}),
// verify (SQL, or words). Empty fields are left out.
//
// Grants: format (1), role, database, version, kind, look and act: lists of {sql, why}; an empty sql is advice only. blind: what could not be read, so
// that grants for it may be missing.
package doctor

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgerr"
)

// Severity ranks findings.
type Severity string

// The severities, worst first.
const (
	Critical Severity = "critical" // data, or the way out of an incident, are at risk now
	Warning  Severity = "warning"  // an incident would be worse, or seen later, than it need be
	Note     Severity = "note"     // good to know before an incident
	Fine     Severity = "fine"     // looked at, nothing to mend
)

var severities = []Severity{Critical, Warning, Note, Fine}

// exitCodes are the command's exit codes by the worst finding; 1 and 2 are taken, for what could not be done and for the command line.
var exitCodes = map[Severity]int{Critical: 4, Warning: 3, Note: 0, Fine: 0}

// Finding is what one check saw.
type Finding struct {
	Check    string   `json:"check"` // theme.subject
	Severity Severity `json:"severity"`
	Blind    bool     `json:"blind,omitempty"` // something could not be read
	Title    string   `json:"title"`
	Read     []string `json:"read,omitempty"`
	Means    string   `json:"means,omitempty"`
	Mend     []Step   `json:"mend,omitempty"`
	Verify   string   `json:"verify,omitempty"`
}

// Step is one part of a mend: SQL to send, or words where SQL does not reach.
type Step struct {
	SQL   string `json:"sql,omitempty"`
	Do    string `json:"do,omitempty"`
	Takes Takes  `json:"takes,omitempty"` // what it takes for the step to work
}

// Takes says when a step works.
type Takes string

// When a step works.
const (
	AtOnce      Takes = "at once"
	Reload      Takes = "reload"
	Restart     Takes = "restart"
	NewSessions Takes = "new sessions" // sessions that are there already keep the old
)

// Report is what an examination found, worst first.
type Report struct {
	Readings *Readings
	Findings []Finding
	Reads    int           // queries sent to read; what bounds them is not counted
	Took     time.Duration // from the first connection to the last answer
}

// ErrDSN is wrapped in the error of a connection string that cannot be read.
var ErrDSN = errors.New("the connection string cannot be read")

// Examine reads the server and judges what it read. The error says that it could not be reached or lets nothing be read, or is an ErrDSN.
func Examine(ctx context.Context, dsn string) (*Report, error) {
	return examineWithin(ctx, dsn, patience)
}

// examineWithin is Examine with so long for the readings.
func examineWithin(ctx context.Context, dsn string, patience time.Duration) (*Report, error) {
	server, err := live.New(live.Config{DSN: dsn, ReadOnly: "the doctor only looks"})
	if err != nil {
		return nil, pgerr.Say(err.Error(), errors.Join(ErrDSN, err))
	}
	defer server.Close()
	started := time.Now()
	r, err := read(ctx, server, dsn, patience)
	if err != nil {
		return nil, err
	}
	took := time.Since(started)
	return &Report{Readings: r, Findings: judge(r), Reads: r.reads, Took: took}, nil
}

// judge runs all checks, worst finding first, in the order of the checks within a severity. What it returns is harmless for a terminal.
func judge(r *Readings) []Finding {
	var found []Finding
	for _, check := range checks {
		found = append(found, check(r)...)
	}
	slices.SortStableFunc(found, func(a, b Finding) int {
		return slices.Index(severities, a.Severity) - slices.Index(severities, b.Severity)
	})
	for i := range found {
		found[i] = found[i].harmless()
	}
	return found
}

// checks are all checks, in the order in which they are told within a severity.
var checks = []func(*Readings) []Finding{
	blindReadings, hiddenSettings,
	seesSessions, examinesAsSuperuser, readsTables, actsOnTables, signals, getsIn, ownLimit,
	ceiling, limits, pools, alerts, manyConnections, names,
	poolerBetween, clearText, clockOffset, standby,
	statementsLoaded, statementsCreated, statementsVersion, statementsFull, statementsHidden, queryIDs, activitySize, hypopg,
	trackingRules,
	slowCalls, autoExplain, linePrefix, destination, loggingRules,
	lockTimeout, statementTimeout, idleInTransaction, timeoutRules, keepalives, roleTimeouts,
	autovacuumRules, wraparound, staleTables, deadRows, vacuumOff, workersBusy, oldSnapshot,
	slotsHold, slotLimit, replicasHold, preparedTransactions, archiving,
	durabilityRules, checksumFailures, collation, invalidIndexes,
	endOfLife, corruptBuilds, oldMinor, pendingRestart, fileErrors, buildMemory,
}

// fine is a finding that there is nothing to mend.
func fine(check, title string, read ...string) []Finding {
	return []Finding{{Check: check, Severity: Fine, Title: title, Read: read}}
}

// Severity is the worst finding's.
func (r *Report) Severity() Severity {
	if len(r.Findings) == 0 {
		return Fine
	}
	return r.Findings[0].Severity
}

// ExitCode is the command's: 0 nothing to mend or notes only, 3 warnings, 4 critical.
func (r *Report) ExitCode() int { return exitCodes[r.Severity()] }

// count returns how many findings have a severity.
func (r *Report) count(s Severity) int {
	n := 0
	for _, f := range r.Findings {
		if f.Severity == s {
			n++
		}
	}
	return n
}

// blind returns how many findings say that something could not be read.
func (r *Report) blind() int {
	n := 0
	for _, f := range r.Findings {
		if f.Blind {
			n++
		}
	}
	return n
}
