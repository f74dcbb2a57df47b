package apply

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks"
)

// longTransaction is the age from which a transaction is worth a word: shorter ones end by themselves while the build scans.
const longTransaction = 10 * time.Second

// named is how many sessions of a kind are named, oldest first.
const namedSessions = 3

// others judges who is at work on the tables and whom the build would wait for.
func (w *work) others(ctx context.Context, tx pgx.Tx, now *Planned) ([]playbooks.Check, error) {
	var oids []uint32
	for _, t := range now.trees {
		oids = append(oids, t.oids()...)
	}
	checks, err := busyChecks(ctx, tx, oids)
	if err != nil {
		return nil, err
	}
	waits, err := readDelays(ctx, tx, oids)
	if err != nil {
		return nil, err
	}
	return append(checks, delayChecks(waits, w.tables())...), nil
}

// busyChecks refuses where another build or a VACUUM is at work on the tables.
func busyChecks(ctx context.Context, tx pgx.Tx, oids []uint32) ([]playbooks.Check, error) {
	rows, err := tx.Query(ctx, query("build_busy"), oids)
	if err != nil {
		return nil, fmt.Errorf("looking for other builds and vacuums: %w", err)
	}
	builds, vacuum := pass("other builds", "none on the table"), pass("vacuum", "none on the table")
	var s scanned
	var command string
	var here bool
	_, err = pgx.ForEachRow(rows, append([]any{&command, &here}, s.into()...), func() error {
		who := s.done()
		saw := who.String()
		switch {
		case command == "build" && here:
			builds = refuse(true, builds.Name, saw+" builds an index on it", "wait until it ends")
		case command == "build" && builds.Verdict == playbooks.Pass:
			builds = caution(true, builds.Name, saw+" builds an index elsewhere in this database", "this build may wait for it at its end")
		case command == "vacuum automatic" && vacuum.Verdict == playbooks.Pass:
			vacuum = caution(true, vacuum.Name, fmt.Sprintf("autovacuum (pid %d) is at work on it%s", who.PID, since(" for ", who.Age, "")),
				"the build's lock cancels it, and it begins anew later; wait for it where the table is bloated")
		case strings.HasPrefix(command, "vacuum"):
			vacuum = refuse(true, vacuum.Name, saw+either(command == "vacuum", " vacuums it", " vacuums it to prevent wraparound"), "wait until it ends: the build would wait behind it")
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("looking for other builds and vacuums: %w", err)
	}
	return []playbooks.Check{builds, vacuum}, nil
}

// delay is something that a build would wait for.
type delay struct {
	kind string // writer, snapshot, prepared or ddl
	who  session
}

func readDelays(ctx context.Context, tx pgx.Tx, oids []uint32) ([]delay, error) {
	rows, err := tx.Query(ctx, query("build_delays"), oids)
	if err != nil {
		return nil, fmt.Errorf("looking for whom the build would wait: %w", err)
	}
	var found []delay
	var s scanned
	var kind string
	_, err = pgx.ForEachRow(rows, append([]any{&kind, &s.Mode}, s.into()...), func() error {
		found = append(found, delay{kind, s.done()})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("looking for whom the build would wait: %w", err)
	}
	return found, nil
}

// delayChecks says how many transactions the build would wait for, and which are the oldest. They delay it; they do not forbid it.
func delayChecks(delays []delay, tables string) []playbooks.Check {
	return []playbooks.Check{writers(tables).check(delays), snapshots.check(delays), prepared.check(delays), waitingDDL(tables).check(delays)}
}

// delayKind is a kind of delays.
type delayKind struct {
	kind, name string
	one, more  string        // what one of them is, and several are
	from       time.Duration // age from which one is worth a caution
}

var (
	snapshots = delayKind{"snapshot", "old snapshots", "session of this database with a snapshot, whatever table it reads",
		"sessions of this database with a snapshot, whatever table they read", longTransaction}
	prepared = delayKind{"prepared", "prepared transactions", "in this database", "in this database", 0}
)

func writers(tables string) delayKind {
	return delayKind{"writer", "writers", "transaction that wrote or locks " + tables, "transactions that wrote or lock " + tables, longTransaction}
}

func waitingDDL(tables string) delayKind {
	const behind = "; who comes later queues behind"
	return delayKind{"ddl", "waiting DDL", "session that waits for the whole of " + tables + behind, "sessions that wait for the whole of " + tables + behind, 0}
}

// restsFrom is how long a transaction that runs nothing has done so from when on it is worth a word, however young: between two statements it takes less.
const restsFrom = time.Second

// worth says whether a session is worth a caution.
func (k delayKind) worth(s session) bool {
	return s.Age >= k.from || s.strong() || s.idle() && s.Since >= restsFrom
}

// check judges the delays of the kind, and names those that are worth a caution; where none is, those that run nothing.
func (k delayKind) check(delays []delay) playbooks.Check {
	var worth, idle []session
	n := 0
	for _, d := range delays {
		if d.kind != k.kind {
			continue
		}
		n++
		switch {
		case k.worth(d.who):
			worth = append(worth, d.who)
		case d.who.idle():
			idle = append(idle, d.who)
		}
	}
	saw := several(n, k.one, k.more)
	switch {
	case n == 0:
		return pass(k.name, "none")
	case len(worth) > 0:
		oldest := k.names(worth)
		return caution(true, k.name, saw+"; oldest: "+oldest, "the build waits until it ends: "+worth[0].remedy())
	case len(idle) > 0:
		return pass(k.name, saw+"; between two statements: "+k.names(idle))
	}
	return pass(k.name, saw)
}

// names puts the sessions in order, oldest first, and names the first of them.
func (k delayKind) names(all []session) string {
	slices.SortStableFunc(all, func(a, b session) int { return int(b.Age/time.Second) - int(a.Age/time.Second) })
	var who []string
	for _, s := range all[:min(len(all), namedSessions)] {
		word := s.String()
		if k.kind == "writer" && s.strong() {
			word += " (" + s.Mode + ")"
		}
		who = append(who, word)
	}
	if more := len(all) - len(who); more > 0 {
		who = append(who, fmt.Sprintf("%d more", more))
	}
	return strings.Join(who, "; ")
}
