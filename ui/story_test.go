package ui

import (
	"context"
	"fmt"
	"io"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/probes/watch"
	"github.com/pgmedic/pgmedic/ui/draw"
)

// The story that the screens are tested with is the seed's: a calm hour's end, then one statement holds 84 of 95 connections.

var storyStart = time.Date(2026, 3, 10, 16, 14, 0, 0, time.UTC)

const (
	dedupID  = 7001
	insertID = 7002
	userID   = 7003
)

var dedupKey = probes.StatementKey{DatabaseOID: 1, UserOID: 2, QueryID: dedupID, TopLevel: true}

var storyTexts = map[int64]string{
	dedupID: "SELECT id, title FROM reports.reports WHERE report_type = $1 AND title = $2 AND format = $3 AND user_id = $4 AND params = $5 " +
		"AND organization_id = $6 AND EXTRACT($8 FROM current_timestamp-created_at)/60 < $7 AND completed_at IS NULL ORDER BY created_at DESC LIMIT $9",
	insertID: "INSERT INTO reports.reports (report_type, title, format, user_id, organization_id, params) VALUES ($1, $2, $3, $4, $5, $6)",
	userID:   "SELECT id, email FROM users WHERE id = $1",
}

// stillSource is a source that says what it can do; the test sends its updates itself.
type stillSource struct{ abilities probes.Abilities }

func (s stillSource) Stream(context.Context) <-chan probes.Tick { return nil }
func (s stillSource) Can() probes.Abilities                     { return s.abilities }
func (s stillSource) Target() string                            { return "oncall@db-prod-1:5432/orders" }
func (s stillSource) SetInterval(time.Duration)                 {}

// storyBook is a playbook with one finding; its drafts come as messages.
type storyBook struct{}

func (storyBook) Name() string { return indexBook }

func (storyBook) Diagnose(w *probes.Window) []playbooks.Finding {
	var found []playbooks.Finding
	for _, l := range w.Statements() {
		if l.Held >= 20 {
			total := w.Last().Counts().Total
			found = append(found, playbooks.Finding{
				Playbook: indexBook, Severity: playbooks.Critical, Explains: l.Held, Of: total, Load: l.Load, Statement: l, Action: "draft an index",
				Title: fmt.Sprintf("%d of %d connections run one statement on reports.reports", l.Held, total),
			})
		}
	}
	return found
}

func (storyBook) Draft(context.Context, *live.Asker, playbooks.Finding) (*playbooks.Draft, error) {
	return nil, &playbooks.NoDraft{Reason: "not asked in this test"}
}

// look is one of the themes that the screens are drawn in.
type look struct {
	name    string
	profile termenv.Profile
	dark    bool
	ascii   bool
}

var looks = []look{
	{"dark", termenv.TrueColor, true, false}, {"light", termenv.TrueColor, false, false},
	{"nocolour", termenv.Ascii, true, false}, {"ascii", termenv.Ascii, true, true},
}

func (l look) theme() *draw.Theme {
	renderer := lipgloss.NewRenderer(io.Discard)
	renderer.SetColorProfile(l.profile)
	return draw.NewTheme(renderer, l.dark, l.ascii)
}

// newStory returns a workbench of that size that has seen nothing yet.
func newStory(w, h int, l look) *App {
	clock := storyStart
	a := New(Deps{
		Source: stillSource{probes.Abilities{NoAnalyze: "only on the drill's server"}}, Ask: &live.Asker{}, Engine: &playbooks.Engine{},
		Books: []playbooks.Playbook{storyBook{}}, Record: &record.File{}, Now: func() time.Time { return clock }, Theme: l.theme(),
		Author: "oncall", Zone: time.FixedZone("CET", 3600),
	})
	a.deps.Now = func() time.Time {
		if last := a.window.Last(); last != nil {
			return last.At.Add(time.Second)
		}
		return clock
	}
	a.Update(tea.WindowSizeMsg{Width: w, Height: h})
	return a
}

// tell sends the story's samples: so many calm ones, then so many of the spike, a second each.
func tell(a *App, calm, spike int) {
	for i := range calm + spike {
		a.Update(updateMsg{storyUpdate(i, i-calm)})
	}
}

// storyUpdate is the update of second i, which is second n of the spike, or before it where n is negative.
func storyUpdate(i, n int) watch.Update {
	at := storyStart.Add(time.Duration(i) * time.Second)
	held := 1
	a := probes.Assessment{Baseline: probes.Baseline{Median: 13, N: min(i, 3600)}, Peak: 13}
	if a.Baseline.Known() {
		a.Calm = map[probes.StatementKey]probes.CallSum{}
		for _, d := range storyStatements(0, -1, at).Deltas {
			a.Calm[d.StatementKey] = probes.CallSum{Calls: 100 * d.Calls, Time: 100 * d.ExecTime}
		}
	}
	if n >= 0 {
		held = min(4+n*8, 84)
		a.Onset, a.Peak = at.Add(-time.Duration(n)*time.Second), held+11
	}
	s := &probes.Sample{
		At: at, Interval: time.Second, Ceiling: probes.Ceiling{MaxConnections: 100, SuperuserReserved: 3, DatabaseLimit: -1},
		Server: probes.Server{SystemIdentifier: "7301", Timeline: 1, Host: "db-prod-1", Port: 5432, Database: "orders", User: "oncall", Version: 150018,
			VersionText: "15.18", TLS: true, StartedAt: storyStart.Add(-240 * time.Hour)},
		Backends: storyBackends(held, at), Statements: storyStatements(i, n, at), Cost: 2100 * time.Microsecond,
	}
	u := watch.Update{Tick: probes.Tick{Sample: s}, Assessment: a}
	if n == 5 {
		u.Events = []record.Event{{ID: "01", Kind: record.Mark, At: a.Onset, Title: "connections 13 → 55", Data: map[string]string{"mark": record.MarkOnset}}}
	}
	return u
}

func storyBackends(held int, at time.Time) []probes.Backend {
	var list []probes.Backend
	add := func(n int, b probes.Backend) {
		for range n {
			b.PID, b.Type, b.Database, b.DatabaseOID, b.UserOID = int32(1000+len(list)), "client backend", "orders", 1, 2
			b.Client = fmt.Sprintf("10.0.0.%d", 1+len(list)%10)
			b.QueryStart = at.Add(-8 * time.Second)
			list = append(list, b)
		}
	}
	worker := probes.Backend{User: "reports_rw", Application: "report-worker", State: "active", QueryID: dedupID}
	waiting := worker
	waiting.WaitType, waiting.WaitEvent = "IO", "DataFileRead"
	add(held*3/4, waiting)
	add(held-held*3/4, worker)
	add(8, probes.Backend{User: "web", Application: "web", State: "idle", QueryID: userID})
	add(3, probes.Backend{User: "web", Application: "web", State: "idle in transaction", QueryID: insertID})
	add(3, probes.Backend{User: "oncall", Application: probes.ApplicationName, State: "active", Ours: true})
	return list
}

func storyStatements(i, n int, at time.Time) probes.Statements {
	delta := func(id, calls int64, mean time.Duration) probes.StatementDelta {
		return probes.StatementDelta{
			StatementKey: probes.StatementKey{DatabaseOID: 1, UserOID: 2, QueryID: id, TopLevel: true}, Database: "orders", User: "reports_rw",
			Calls: calls, ExecTime: time.Duration(calls) * mean, Rows: calls, TotalCalls: calls * int64(i+1), TotalExecTime: time.Duration(calls*int64(i+1)) * mean,
		}
	}
	mean := 160 * time.Millisecond
	if n >= 0 {
		mean = min(mean+time.Duration(n)*800*time.Millisecond, 8700*time.Millisecond)
	}
	return probes.Statements{
		Known: true, Since: at.Add(-time.Second), Texts: storyTexts,
		Deltas: []probes.StatementDelta{delta(dedupID, 9, mean), delta(insertID, 41, 51*time.Millisecond), delta(userID, 310, 1300*time.Microsecond)},
	}
}

// planBefore and planAfter are the dedup query's plans for the whale.
func planBefore() *plan.Plan {
	scan := &plan.Node{
		Type: "Index Scan", Parallel: true, Schema: "reports", Relation: "reports", Alias: "reports", Index: "reports_organization_id_index",
		IndexCond: "(reports.organization_id = $6)", Filter: "((reports.completed_at IS NULL) AND (reports.user_id = $4))",
		TotalCost: 41200, PlanRows: 1, Executed: true, Loops: 3, ActualRows: 0, RemovedByFilter: 50002, ActualTotal: 2800 * time.Millisecond, BlocksHit: 150210,
	}
	gather := &plan.Node{Type: "Gather Merge", Children: []*plan.Node{scan}, TotalCost: 41230, PlanRows: 1, Executed: true, Loops: 1,
		ActualTotal: 2840 * time.Millisecond, WorkersPlanned: 2, WorkersLaunched: 2, BlocksHit: 150210}
	root := &plan.Node{Type: "Limit", Children: []*plan.Node{gather}, TotalCost: 41230, PlanRows: 1, Executed: true, Loops: 1,
		ActualTotal: 2840 * time.Millisecond, BlocksHit: 150210}
	return &plan.Plan{Root: root, ExecutionTime: 2841 * time.Millisecond, Origin: storyOrigin(plan.Heavy)}
}

func planAfter() *plan.Plan {
	scan := &plan.Node{
		Type: "Index Scan", Schema: "reports", Relation: "reports", Alias: "reports", Index: "reports_dedup_idx",
		IndexCond: "((reports.user_id = $4) AND (reports.organization_id = $6))", TotalCost: 8.5, PlanRows: 1, Executed: true, Loops: 1, ActualRows: 0,
		RemovedByFilter: 7, ActualTotal: 90 * time.Microsecond, BlocksHit: 11,
	}
	root := &plan.Node{Type: "Limit", Children: []*plan.Node{scan}, TotalCost: 8.5, PlanRows: 1, Executed: true, Loops: 1, ActualTotal: 100 * time.Microsecond,
		BlocksHit: 11}
	return &plan.Plan{Root: root, ExecutionTime: 120 * time.Microsecond, Origin: storyOrigin(plan.Heavy)}
}

func storyOrigin(class plan.Class) plan.Origin {
	return plan.Origin{Database: "orders", QueryID: dedupID, Statement: storyTexts[dedupID], Class: class, Analyzed: true, TakenAt: storyStart.Add(90 * time.Second)}
}

func storyDraft() *playbooks.Draft {
	return &playbooks.Draft{
		Playbook: indexBook, Title: "index for the dedup lookup on reports.reports", Word: "reports_dedup_idx",
		SQL:     []string{"CREATE INDEX CONCURRENTLY reports_dedup_idx ON reports.reports (user_id, organization_id, created_at DESC) WHERE completed_at IS NULL"},
		Reasons: []playbooks.Reason{{Part: "user_id", Why: "equality; leaves about 104 rows"}, {Part: "WHERE completed_at IS NULL", Why: "keeps 2.7 % of the rows"}},
		Prices:  []playbooks.Price{{Name: "size", Value: "1.3 MB", How: "estimated from pg_stats widths"}, {Name: "build", Value: "about 12 s", How: "estimated"}},
		Warnings: []string{"VACUUM and DDL on the table wait while it builds; statements queue behind that DDL",
			"cancelling leaves an INVALID index behind"},
		Undo: []string{"DROP INDEX CONCURRENTLY reports.reports_dedup_idx"}, Before: planBefore(),
	}
}

func storyChecks() []playbooks.Check {
	return []playbooks.Check{
		{Verdict: playbooks.Pass, Name: "owner", Saw: "oncall owns reports.reports"},
		{Verdict: playbooks.Caution, Name: "old snapshots", Saw: "one transaction is 42 s old (pid 4711, report-worker)", Do: "the build waits until it ends"},
		{Verdict: playbooks.Pass, Name: "disk", Saw: "pgmedic cannot see it; the index takes about 1.3 MB"},
	}
}

func storyProgress() playbooks.RunProgress {
	return playbooks.RunProgress{
		Progress: playbooks.Progress{Phase: "building index: scanning table", Done: 5200, Total: 14100, Unit: "blocks", Waiting: ""},
		Elapsed:  6 * time.Second, Harm: 0.4,
	}
}

func storyOutcome() playbooks.Outcome {
	undo := &playbooks.Draft{Playbook: indexBook, Title: "drop reports_dedup_idx", Word: "reports_dedup_idx", SQL: storyDraft().Undo}
	return playbooks.Outcome{
		State: playbooks.Applied, Started: storyStart.Add(100 * time.Second), Ended: storyStart.Add(113 * time.Second),
		Phases: []playbooks.Phase{{Name: "building index: scanning table", Took: 9 * time.Second}, {Name: "waiting for old snapshots", Took: 4 * time.Second}},
		Verification: playbooks.Verification{
			Done: true, Before: planBefore(), After: planAfter(), Undo: undo,
			Checks: []playbooks.Check{{Verdict: playbooks.Pass, Name: "valid", Saw: "indisvalid and indisready are true"}},
		},
	}
}

// keyNamed is the message of a key, named as bubbletea names it; any other text is typed.
func keyNamed(name string) tea.KeyMsg {
	special := map[string]tea.KeyType{
		"enter": tea.KeyEnter, "esc": tea.KeyEsc, "tab": tea.KeyTab, "shift+tab": tea.KeyShiftTab, "up": tea.KeyUp, "down": tea.KeyDown, "left": tea.KeyLeft,
		"right": tea.KeyRight, "pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown, "home": tea.KeyHome, "end": tea.KeyEnd, "ctrl+c": tea.KeyCtrlC, "ctrl+k": tea.KeyCtrlK,
		"ctrl+u": tea.KeyCtrlU, "ctrl+d": tea.KeyCtrlD, "ctrl+z": tea.KeyCtrlZ, " ": tea.KeySpace, "backspace": tea.KeyBackspace,
	}
	if kind, there := special[name]; there {
		msg := tea.KeyMsg{Type: kind}
		if name == " " {
			msg.Runes = []rune{' '}
		}
		return msg
	}
	return tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(name)}
}

// press sends keys and returns the last one's command.
func press(a *App, names ...string) tea.Cmd {
	var command tea.Cmd
	for _, name := range names {
		_, command = a.Update(keyNamed(name))
	}
	return command
}
