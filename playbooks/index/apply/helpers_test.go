package apply

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/record"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestQueries(t *testing.T) { pgtest.Queries(t, files, query, "{schema}", "public") }

// patience bounds what a test waits for.
const patience = 60 * time.Second

// timeline keeps what the engine records in memory.
type timeline struct {
	mutex  sync.Mutex
	events []record.Event
	facts  []record.Fact
}

func (l *timeline) AddEvent(e record.Event) (record.Event, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	e.ID = string(rune('A' + len(l.events)))
	l.events = append(l.events, e)
	return e, nil
}

func (l *timeline) AddPlan(*plan.Plan) (string, error) { return "plan", nil }

func (l *timeline) AddFact(f record.Fact) (record.Fact, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.facts = append(l.facts, f)
	return f, nil
}

// intents are the events on record as a pgmedic that was killed leaves them: without outcomes.
func (l *timeline) intents() []record.Event {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return slices.DeleteFunc(slices.Clone(l.events), func(e record.Event) bool { return e.Data["state"] != playbooks.StateIntent })
}

// watched opens pgmedic's own door to a database.
func watched(t *testing.T, dsn string) *live.Server {
	t.Helper()
	server, err := live.New(live.Config{DSN: dsn, LookOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	looking(t, server)
	return server
}

// looking waits for the first sample: nothing is changed on a server that is not looked at.
func looking(t *testing.T, server *live.Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ticks := server.Stream(t.Context())
	for {
		select {
		case tick := <-ticks:
			if tick.Sample != nil {
				go func() {
					for range ticks {
					}
				}()
				return
			}
		case <-ctx.Done():
			t.Fatal("no sample came")
		}
	}
}

// bench is a server, a door to it and an engine that acts on it.
type bench struct {
	dsn    string
	server *live.Server
	engine *playbooks.Engine
	rec    *timeline
	app    *pgx.Conn
}

func newBench(t *testing.T, dsn string, schema ...string) *bench {
	t.Helper()
	b := &bench{dsn: dsn, rec: &timeline{}, app: pgtest.Connect(t, dsn, nil)}
	pgtest.Execute(t, b.app, schema...)
	b.server = watched(t, dsn)
	b.engine = playbooks.NewEngine(b.server, b.rec, time.Now)
	return b
}

// events is a table of n rows.
func events(rows string) []string {
	return []string{
		"CREATE TABLE events (id bigint PRIMARY KEY, account int NOT NULL, kind text, at timestamptz NOT NULL DEFAULT now())",
		"INSERT INTO events SELECT i, i % 100, 'k' || i % 7, timestamptz '2026-01-01' + i * interval '1 second' FROM generate_series(1, " + rows + ") AS i",
		"ANALYZE events",
	}
}

// index is an index to build on a table of the schema public.
func (b *bench) index(t *testing.T, relation string, keys ...shape.Key) Index {
	t.Helper()
	return Index{Shape: shape.Index{Schema: "public", Table: relation, Method: "btree", Keys: keys}, Table: b.oid(t, relation)}
}

func (b *bench) oid(t *testing.T, relation string) (oid uint32) {
	t.Helper()
	if err := b.app.QueryRow(t.Context(), "SELECT $1::regclass::oid", relation).Scan(&oid); err != nil {
		t.Fatal(err)
	}
	return oid
}

func key(column string) shape.Key { return shape.Key{Column: column} }

// draft drafts an order that must be possible.
func (b *bench) draft(t *testing.T, indexes ...Index) *playbooks.Draft {
	t.Helper()
	d, err := drafted(t.Context(), b.server.Ask(), Order{Indexes: indexes})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// prepare prepares a draft that must not be refused.
func (b *bench) prepare(t *testing.T, d *playbooks.Draft) *playbooks.Prepared {
	t.Helper()
	p, err := b.engine.Prepare(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Abandon)
	if p.Refused() != "" {
		t.Fatal("refused: ", p.Refused())
	}
	return p
}

// start confirms a draft.
func (b *bench) start(t *testing.T, d *playbooks.Draft) *playbooks.Run {
	t.Helper()
	run, err := b.prepare(t, d).Confirm(d.Word)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// apply carries a draft out to its end.
func (b *bench) apply(t *testing.T, d *playbooks.Draft) playbooks.Outcome {
	t.Helper()
	return finish(b.start(t, d))
}

func finish(run *playbooks.Run) playbooks.Outcome {
	for range run.Progress() {
	}
	return run.Outcome()
}

// await reads progress until a report is as wanted.
func await(t *testing.T, run *playbooks.Run, wanted func(playbooks.RunProgress) bool) playbooks.RunProgress {
	t.Helper()
	deadline := time.After(patience)
	var last playbooks.RunProgress
	for {
		select {
		case p, ok := <-run.Progress():
			if !ok {
				t.Fatalf("it ended before: %+v", run.Outcome())
			}
			if last = p; wanted(p) {
				return p
			}
		case <-deadline:
			t.Fatalf("it did not come; last: %+v", last)
		}
	}
}

// inPhase waits for a phase.
func inPhase(phase string) func(playbooks.RunProgress) bool {
	return func(p playbooks.RunProgress) bool { return p.Phase == phase }
}

// waitsFor waits until it is said for whom the run waits.
func waitsFor(phase, whom string) func(playbooks.RunProgress) bool {
	return func(p playbooks.RunProgress) bool { return p.Phase == phase && strings.Contains(p.Waiting, whom) }
}

// invalid lists the INVALID indexes.
func (b *bench) invalid(t *testing.T) string {
	t.Helper()
	return pgtest.Value(t, b.dsn, "SELECT coalesce(string_agg(indexrelid::regclass::text, ', ' ORDER BY 1), '') FROM pg_index WHERE NOT (indisvalid AND indisready)")
}

// indexes counts the indexes of a table that are valid.
func (b *bench) indexes(t *testing.T, relation string) string {
	t.Helper()
	return pgtest.Value(t, b.dsn, "SELECT count(*)::text FROM pg_index WHERE indrelid = $1::regclass AND indisvalid", relation)
}

func check(t *testing.T, checks []playbooks.Check, name string) playbooks.Check {
	t.Helper()
	for _, c := range checks {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("no check %q in %+v", name, checks)
	return playbooks.Check{}
}

// drafted plans one order and puts its draft together.
func drafted(ctx context.Context, ask *live.Asker, o Order) (*playbooks.Draft, error) {
	var planned *Planned
	err := ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) (err error) {
		planned, err = planSteps(ctx, tx, o)
		return err
	})
	if err != nil {
		return nil, err
	}
	return planned.Draft()
}
