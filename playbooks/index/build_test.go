package index

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks"
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

func TestDraftOfTheSeed(t *testing.T) {
	dsn, _, finding := seeded(t)
	draft, err := New().Draft(t.Context(), watched(t, dsn).Ask(), finding)
	if err != nil {
		t.Fatal(err)
	}
	sql := draft.SQL[0]
	if !strings.HasPrefix(sql, "CREATE INDEX CONCURRENTLY "+draft.Word+" ON reports.reports (user_id, ") ||
		!strings.HasSuffix(sql, ", created_at DESC) WHERE completed_at IS NULL /* pgmedic:index-build */") {
		t.Error("not the index that the seed needs:", sql)
	}
	if strings.Contains(sql, "params") {
		t.Error("jsonb is a key:", sql)
	}
	for _, part := range []string{"WHERE completed_at IS NULL", "user_id", "created_at DESC", "params", "judged with"} {
		if !slices.ContainsFunc(draft.Reasons, func(r playbooks.Reason) bool { return r.Part == part && r.Why != "" }) {
			t.Errorf("no reason for %s in %v", part, draft.Reasons)
		}
	}
	if last := draft.Warnings[len(draft.Warnings)-1]; !strings.Contains(last, "created_at > now() - make_interval(…)") {
		t.Error("the rewrite of the time filter is not named:", last)
	}
}

func TestBuildVerifyUndo(t *testing.T) {
	dsn, app, finding := seeded(t)
	rec := &timeline{}
	engine, p := prepared(t, watched(t, dsn), rec, finding)
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
	checkSizeEstimate(t, app, p.Draft)
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

// checkSizeEstimate holds the formula against the server's own figure.
func checkSizeEstimate(t *testing.T, app *pgx.Conn, draft *playbooks.Draft) {
	t.Helper()
	var actual float64
	if err := app.QueryRow(t.Context(), `SELECT pg_relation_size(('reports.' || $1)::regclass)::float8`, draft.Word).Scan(&actual); err != nil {
		t.Fatal(err)
	}
	estimated := draft.Work.(*build).bytes
	if estimated < 0.6*actual || estimated > 1.7*actual {
		t.Errorf("estimated %v bytes, are %v", estimated, actual)
	}
}

func TestRecordFirst(t *testing.T) {
	dsn, app, finding := seeded(t)
	server := watched(t, dsn)
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

// Whoever may look but does not own the table learns what to connect as.
func TestNotOwner(t *testing.T) {
	dsn, app, finding := seeded(t)
	script(t, app, `CREATE ROLE onlooker LOGIN PASSWORD 'looks'; GRANT pg_monitor, pg_read_all_data TO onlooker; GRANT CREATE, USAGE ON SCHEMA reports TO onlooker`)
	t.Cleanup(func() {
		if _, err := app.Exec(context.Background(), `DROP OWNED BY onlooker; DROP ROLE onlooker`, pgx.QueryExecModeSimpleProtocol); err != nil {
			t.Error(err)
		}
	})
	as, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	as.User = url.UserPassword("onlooker", "looks")
	_, p := prepared(t, watched(t, as.String()), &timeline{}, finding)
	if want := "owner: owned by postgres; connect as its owner or a member of that role"; p.Refused() != want {
		t.Errorf("refused %q", p.Refused())
	}
}

// swap puts another table in the place of the one that was drafted for.
const swap = `CREATE TABLE reports.fresh (LIKE reports.reports);
ALTER TABLE reports.reports RENAME TO reports_old;
ALTER TABLE reports.fresh RENAME TO reports;
`

func TestTableSwappedBeforeConfirm(t *testing.T) {
	dsn, app, finding := seeded(t)
	rec := &timeline{}
	_, p := prepared(t, watched(t, dsn), rec, finding)
	script(t, app, swap)
	if _, err := p.Confirm(p.Draft.Word); err == nil || !strings.Contains(err.Error(), "is not reports.reports any more") {
		t.Error("an index on another table than the one confirmed:", err)
	}
	if indexExists(t, app, p.Draft.Word) || len(rec.states()) != 0 {
		t.Error("something was sent:", rec.states())
	}
}

// swapping is work on a table that is swapped just before the build is sent.
type swapping struct {
	playbooks.Work
	swap func()
}

func (w swapping) Apply(ctx context.Context, session *live.BuildSession) error {
	w.swap()
	return w.Work.Apply(ctx, session)
}

func TestTableSwappedAfterConfirm(t *testing.T) {
	dsn, app, finding := seeded(t)
	_, p := prepared(t, watched(t, dsn), &timeline{}, finding)
	p.Draft.Work = swapping{p.Draft.Work, func() { script(t, app, swap) }}
	run, err := p.Confirm(p.Draft.Word)
	if err != nil {
		t.Fatal(err)
	}
	outcome := finish(run)
	if outcome.State != playbooks.Failed || !strings.Contains(outcome.Next, "DROP INDEX CONCURRENTLY reports."+p.Draft.Word) {
		t.Errorf("outcome %+v", outcome)
	}
	if saw := outcome.Verification.Checks[0].Saw; !strings.Contains(saw, "not on the table that was drafted for: reports.reports has it") {
		t.Errorf("read back: %q", saw)
	}
}

// A transaction that wrote the table keeps the build waiting; it is cancelled, and what it leaves is cleaned up.
func TestCancelLeavesInvalid(t *testing.T) {
	dsn, app, finding := seeded(t)
	rec := &timeline{}
	engine, p := prepared(t, watched(t, dsn), rec, finding)
	writer, err := app.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Rollback(context.Background())
	if _, err := writer.Exec(t.Context(), `UPDATE reports.reports SET format = format WHERE id = (SELECT id FROM reports.reports LIMIT 1)`); err != nil {
		t.Fatal(err)
	}
	run, err := p.Confirm(p.Draft.Word)
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, run, "waiting for writers before build")
	if err := run.Cancel(t.Context()); err != nil {
		t.Fatal(err)
	}
	outcome := finish(run)
	if outcome.State != playbooks.Canceled || sqlStateOf(outcome.Err) != "57014" || !strings.Contains(outcome.Next, "DROP INDEX CONCURRENTLY") {
		t.Fatalf("outcome %+v", outcome)
	}
	if len(outcome.Phases) == 0 || outcome.Phases[0].Took <= 0 {
		t.Error("no phases:", outcome.Phases)
	}
	if err := writer.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	again, err := engine.Prepare(t.Context(), p.Draft)
	if err != nil || again.Refused() == "" {
		t.Error("a build over an INVALID leftover was not refused:", err)
	}
	clean, err := engine.Prepare(t.Context(), outcome.Verification.Undo)
	if err != nil {
		t.Fatal(err)
	}
	run, err = clean.Confirm(p.Draft.Word)
	if err != nil {
		t.Fatal(err)
	}
	if outcome := finish(run); outcome.State != playbooks.Applied || indexExists(t, app, p.Draft.Word) {
		t.Errorf("clean-up: %+v", outcome)
	}
	if want := []string{"intent", "intent", "cancelled", "intent", "applied"}; !slices.Equal(rec.states(), want) {
		t.Error("timeline:", rec.states())
	}
}

// waitFor reads progress until the phase comes and names the session in the way.
func waitFor(t *testing.T, run *playbooks.Run, phase string) {
	t.Helper()
	for p := range run.Progress() {
		if p.Phase == phase && strings.Contains(p.Waiting, "idle in transaction") {
			return
		}
	}
	t.Fatalf("the run ended without the phase %q: %+v", phase, run.Outcome())
}
