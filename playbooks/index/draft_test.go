package index

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/playbooks/index/indextest"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/record"
)

// timeline keeps events in memory and, where asked, refuses them.
type timeline struct {
	mutex  sync.Mutex
	events []record.Event
	facts  []record.Fact
	broken error
}

func (l *timeline) AddEvent(e record.Event) (record.Event, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.broken != nil {
		return e, l.broken
	}
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

// fact returns the value of the first fact of a kind about a subject.
func (l *timeline) fact(t *testing.T, kind, subject string) float64 {
	t.Helper()
	l.mutex.Lock()
	defer l.mutex.Unlock()
	for _, f := range l.facts {
		if f.Kind == kind && f.Subject == subject {
			return f.Value
		}
	}
	t.Fatalf("no fact %s of %s among %v", kind, subject, l.facts)
	return 0
}

// states are those of the actions.
func (l *timeline) states() []string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	var states []string
	for _, e := range l.events {
		if e.Kind == record.Acted {
			states = append(states, e.Data["state"])
		}
	}
	return states
}

// prepared drafts the index for the seed's statement and prepares it.
func prepared(t *testing.T, server *live.Server, rec playbooks.Recorder, f playbooks.Finding) (*playbooks.Engine, *playbooks.Prepared) {
	t.Helper()
	draft, err := New().Draft(t.Context(), server.Ask(), f)
	if err != nil {
		t.Fatal(err)
	}
	engine := playbooks.NewEngine(server, rec, time.Now)
	p, err := engine.Prepare(t.Context(), draft)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Abandon)
	return engine, p
}

// finish reads a run to its end.
func finish(run *playbooks.Run) playbooks.Outcome {
	for range run.Progress() {
	}
	return run.Outcome()
}

// From the finding to the built index and back.
func TestBuildVerifyUndo(t *testing.T) {
	dsn, app, finding := seeded(t)
	rec := &timeline{}
	engine, p := prepared(t, indextest.Watched(t, dsn), rec, finding)
	if _, err := p.Confirm("yes"); err == nil || !strings.Contains(err.Error(), p.Draft.Word) {
		t.Fatal("the wrong word was not refused with the right one:", err)
	}
	if len(rec.states()) != 0 {
		t.Fatal("the wrong word left an event")
	}
	run, err := p.Confirm(p.Draft.Word)
	if err != nil {
		t.Fatal(err)
	}
	outcome := finish(run)
	if outcome.State != playbooks.Applied || outcome.Err != nil || outcome.Next != "" {
		t.Fatalf("outcome %+v", outcome)
	}
	v := outcome.Verification
	before, _ := v.Before.RowsRead()
	after, ok := v.After.RowsRead()
	if !ok || after*45 > before || !uses(v.After, p.Draft.Word) {
		t.Errorf("rows read %v → %v", before, after)
	}
	if v.After.Origin.Class != v.Before.Origin.Class {
		t.Error("before and after are not of one class:", v.Before.Origin.Class, v.After.Origin.Class)
	}
	if rows := rec.fact(t, "table.rows", "reports.reports"); rows < 1000 {
		t.Errorf("table.rows %v on record", rows)
	}
	for _, index := range []string{"reports.reports_organization_id_index", "reports." + p.Draft.Word} {
		if bytes := rec.fact(t, "index.size", index); bytes < 8192 {
			t.Errorf("index.size of %s is %v on record", index, bytes)
		}
	}
	undo, err := engine.Prepare(t.Context(), v.Undo)
	if err != nil {
		t.Fatal(err)
	}
	run, err = undo.Confirm(v.Undo.Word)
	if err != nil {
		t.Fatal(err)
	}
	if outcome := finish(run); outcome.State != playbooks.Applied {
		t.Fatalf("undo: %+v", outcome)
	}
	if indexExists(t, app, p.Draft.Word) {
		t.Error("the undo says it was applied and the index is there")
	}
	if want := []string{"intent", "applied", "intent", "applied"}; !slices.Equal(rec.states(), want) {
		t.Error("timeline:", rec.states())
	}
}

func indexExists(t *testing.T, app *pgx.Conn, name string) (there bool) {
	t.Helper()
	if err := app.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM pg_class WHERE relname = $1)`, name).Scan(&there); err != nil {
		t.Fatal(err)
	}
	return there
}

func TestRecordFirst(t *testing.T) {
	dsn, app, finding := seeded(t)
	server := indextest.Watched(t, dsn)
	full := errors.New("no space left on device")
	_, p := prepared(t, server, &timeline{broken: full}, finding)
	if _, err := p.Confirm(p.Draft.Word); !errors.Is(err, full) {
		t.Error("an intent that cannot be saved did not stop the build:", err)
	}
	if indexExists(t, app, p.Draft.Word) {
		t.Error("the index was built without a durable intent")
	}
	_, p = prepared(t, server, nil, finding)
	if !strings.Contains(p.Refused(), "incident file") {
		t.Error("without a recorder:", p.Refused())
	}
	if _, err := p.Confirm(p.Draft.Word); err == nil {
		t.Error("confirmed without a recorder")
	}
}

// uses says whether a plan reads an index.
func uses(p *plan.Plan, index string) bool {
	used := false
	p.Walk(func(n *plan.Node, _ int) { used = used || n.Index == index })
	return used
}
