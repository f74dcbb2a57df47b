package apply

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/record"
)

// hold keeps a build in one phase, and returns how it is let go.
type hold func(t *testing.T, b *bench) (release func())

// phases are all in which a build stays for a time, each with what keeps it there.
var phases = []struct {
	name string
	hold hold
}{
	{writersBefore, func(t *testing.T, b *bench) func() {
		tx := b.writer(t, "UPDATE gated SET account = 7 WHERE id = 7")
		return func() { rollback(t, tx) }
	}},
	{scanning, func(t *testing.T, b *bench) func() {
		g := b.close(t, beforeBuild)
		return func() { g.open(t, beforeBuild) }
	}},
	{writersAfter, func(t *testing.T, b *bench) func() {
		g := b.close(t, beforeBuild)
		release := make(chan func(), 1)
		b.atPhase(t, scanning, func() {
			tx := b.writer(t, "UPDATE gated SET account = 7 WHERE id = 7")
			release <- func() { rollback(t, tx) }
			g.open(t, beforeBuild)
		})
		return func() { (<-release)() }
	}},
	{validating, func(t *testing.T, b *bench) func() {
		g := b.close(t, beforeBuild, whileBuilt)
		b.atPhase(t, scanning, func() {
			pgtest.Execute(t, b.app, "INSERT INTO gated (account) VALUES (-2)")
			g.open(t, beforeBuild)
		})
		return func() { g.open(t, whileBuilt) }
	}},
	{waitsSnapshots, func(t *testing.T, b *bench) func() {
		reader := pgtest.Connect(t, b.dsn, nil)
		pgtest.Execute(t, reader, "BEGIN ISOLATION LEVEL REPEATABLE READ", "SELECT 1 FROM pg_class LIMIT 1")
		return func() { pgtest.Execute(t, reader, "COMMIT") }
	}},
}

func rollback(t *testing.T, tx pgx.Tx) {
	t.Helper()
	if err := tx.Rollback(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// atPhase does something when a build of this database has come to a phase. The test waits for it at its end at the latest.
func (b *bench) atPhase(t *testing.T, phase string, do func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		if b.reaches(phase) {
			do()
		}
	}()
	t.Cleanup(func() { <-done })
}

// reaches waits until a build of this database is in a phase.
func (b *bench) reaches(phase string) bool { return b.reachesOn(phase, "") }

// reachesOn does so for the build on one table; empty: any.
func (b *bench) reachesOn(phase, table string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, err := pgx.Connect(ctx, b.dsn)
	if err != nil {
		return false
	}
	defer conn.Close(context.Background())
	for ctx.Err() == nil {
		var there bool
		err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_stat_progress_create_index
			WHERE datname = current_database() AND phase = $1 AND ($2 = '' OR relid = to_regclass($2)))`, phase, table).Scan(&there)
		if err == nil && there {
			return true
		}
	}
	return false
}

// The client is cut off without a word in each phase of the build: the build goes on, is found again by what is on record, is watched to its end and read back, and
// no second statement is sent.
func TestClientKilledInEachPhase(t *testing.T) {
	t.Parallel()
	for _, phase := range phases {
		t.Run(phase.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, pgtest.Database(t), gated()...)
			release := phase.hold(t, b)
			lost, rec := killed(t, b, phase.name)
			found := leftovers(t, b, rec)
			if len(found) != 1 || found[0].State != Running || !found[0].Ours || found[0].Index != lost || found[0].Intent.ID == "" {
				t.Fatalf("found %+v", found)
			}
			p, running, err := found[0].Watch(t.Context(), b.server.Ask())
			if err != nil || !running || p.Phase != phase.name {
				t.Errorf("watching again: %+v, %v, %v", p, running, err)
			}
			release()
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			v, err := found[0].Follow(ctx, b.server.Ask(), 20*time.Millisecond, func(playbooks.Progress) {})
			if err != nil || !v.Done || b.invalid(t) != "" {
				t.Fatalf("read back %+v, %v; INVALID: %s", v, err, b.invalid(t))
			}
			if e := found[0].Outcome(v, time.Now()); e.Data["state"] != string(playbooks.Applied) || e.Data["intent"] != found[0].Intent.ID {
				t.Errorf("closed with %+v", e)
			}
			if again := leftovers(t, b, append(rec, found[0].Outcome(v, time.Now()))); len(again) != 0 {
				t.Errorf("found again after its end was recorded: %+v", again)
			}
		})
	}
}

// killed starts a build in a pgmedic that is cut off in a phase, and returns the index's name and what that pgmedic had put on record.
func killed(t *testing.T, b *bench, phase string) (index string, rec []record.Event) {
	t.Helper()
	through, wire := throughProxy(t, b.dsn)
	victim := newBench(t, through)
	d := victim.draft(t, victim.gateIndex(t))
	run := victim.start(t, d)
	if !b.reaches(phase) {
		t.Fatal("the build did not come to ", phase)
	}
	rec = victim.rec.intents()
	wire.listener.Close()
	wire.cut()
	_ = run // what is left of it has nobody to ask, and ends as unknown
	return d.Word, rec
}

func leftovers(t *testing.T, b *bench, events []record.Event) []Leftover {
	t.Helper()
	found, err := Leftovers(t.Context(), b.server.Ask(), events)
	if err != nil {
		t.Fatal(err)
	}
	return found
}
