package ui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
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
		Kind: "partial btree", For: "the values that hurt",
		SQL: []string{"CREATE INDEX CONCURRENTLY reports_dedup_idx ON reports.reports (user_id, organization_id, created_at DESC) WHERE completed_at IS NULL"},
		Explained: "CREATE INDEX CONCURRENTLY reports_dedup_idx\nON reports.reports (\n  user_id,          -- equality; leaves about 104 rows\n" +
			"  organization_id,  -- equality; other statements on the table share it\n  created_at DESC   -- the order that LIMIT stops at\n)\n" +
			"WHERE completed_at IS NULL;  -- keeps 2.7 % of the rows",
		Reasons: []playbooks.Reason{{Part: "user_id", Why: "equality; leaves about 104 rows"}, {Part: "WHERE completed_at IS NULL", Why: "keeps 2.7 % of the rows"},
			{Part: "judged with", Why: "values of user_id (most common value), organization_id (most common value)"}},
		Prices: []playbooks.Price{
			{Name: playbooks.PriceRows, Now: "150,006", Value: "7", How: "counted in a sample of the table, for the same values"},
			{Name: playbooks.PriceCost, Now: "41,230", Value: "9", How: "of the statement, in the planner's units, by its own arithmetic"},
			{Name: playbooks.PriceSize, Value: "1.3 MB", How: "estimated from the statistics of its columns"},
			{Name: "build", Value: "12 s", How: "estimated; transactions that it must wait for come on top"},
			{Name: "writes", Value: "one more index for 41 inserts/s; no HOT update is lost", How: "since the statistics were reset"}},
		Rewrite: &playbooks.Rewrite{
			From: "EXTRACT($8 FROM current_timestamp-created_at)/60 < $7", To: "created_at > current_timestamp - $7 * interval …", Equivalent: true,
			SQL: "SELECT id, title FROM reports.reports WHERE user_id = $4 AND created_at > current_timestamp - $7 * interval … AND completed_at IS NULL",
		},
		Lost: "it goes on, pgmedic finds it again", Stopped: "leaves an INVALID index, clean-up drafted",
		Adjust: &playbooks.Adjust{What: "its name", Value: "reports_dedup_idx", Draft: func(_ context.Context, _ *live.Asker, name string) (*playbooks.Draft, error) {
			if name == "taken" {
				return nil, errors.New("the name taken is that of another index")
			}
			d := storyDraft()
			d.Word, d.SQL[0], d.Explained = name, strings.ReplaceAll(d.SQL[0], "reports_dedup_idx", name), strings.ReplaceAll(d.Explained, "reports_dedup_idx", name)
			d.Adjust.Value = name
			return d, nil
		}},
		Warnings: []string{"VACUUM and DDL on the table wait while it builds; statements queue behind that DDL",
			"cancelling leaves an INVALID index behind"},
		Undo: []string{"DROP INDEX CONCURRENTLY reports.reports_dedup_idx"}, Before: planBefore(),
	}
}

// storyVariants is the story's draft with two others.
func storyVariants() *playbooks.Draft {
	d, whole, covering := storyDraft(), storyDraft(), storyDraft()
	whole.Kind, whole.For, whole.Word = "btree", "statements on completed reports too", "reports_whole_idx"
	whole.SQL, whole.Explained = []string{"CREATE INDEX CONCURRENTLY reports_whole_idx ON reports.reports (user_id, organization_id)"}, ""
	whole.Prices[0].Value, whole.Prices[1].Value, whole.Prices[2].Value = "312", "331", "44 MB"
	covering.Kind, covering.For, covering.Word = "covering partial btree", "an index-only scan, as long as the table is mostly all-visible", strings.Repeat("n", 63)
	d.Others = []*playbooks.Draft{whole, covering}
	return d
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
		Progress: playbooks.Progress{Phase: "building index: scanning table", Done: 5200, Total: 14100, Unit: "blocks", Rate: 866.7, Left: 10 * time.Second, LeftAll: 22 * time.Second},
		Elapsed:  6 * time.Second, Harm: 0.4,
	}
}

// storyWait is the third of five statements, which waits for a session that forgot its transaction, with a migration behind it.
func storyWait() playbooks.RunProgress {
	return playbooks.RunProgress{
		Progress: playbooks.Progress{
			Phase: "waiting for writers before build", Done: 0, Total: 2, Unit: "lockers", Step: 3, Steps: 5, Doing: "build idx_reports_2026_03_user_id_9f3c on reports_2026_03",
			Waiting: "pid 4711 of psql (jane), idle in transaction for 12m4s, its transaction open for 13m2s, last: UPDATE reports.reports SET title = $1; ask psql to end its " +
				"transaction; SELECT pg_terminate_backend(4711) rolls it back, cancelling does nothing to it",
			Behind: "pid 4714 of migrate (deploy), active for 12s, waits for the build, and 14 behind it; at its end the build would wait for them in turn and fail as the " +
				"victim of a deadlock: cancel the DDL before, SELECT pg_cancel_backend(4714)",
		},
		Elapsed: 96 * time.Second, Harm: 6.4,
	}
}

// storyLeftovers are a build of ours that was lost, one of somebody else, an INVALID index and one that ended well.
func storyLeftovers() []playbooks.Finding {
	lost := &playbooks.Draft{Playbook: indexBook, Title: "index reports_dedup_idx on reports.reports", SQL: storyDraft().SQL, Word: "reports_dedup_idx",
		Lost: storyDraft().Lost, Stopped: storyDraft().Stopped}
	others := &playbooks.Draft{Playbook: indexBook, Title: "build of index users_email_idx on users", Word: "users_email_idx", Lost: storyDraft().Lost}
	drop := &playbooks.Draft{Playbook: indexBook, Title: "drop index reports_old_idx on reports.reports", SQL: []string{"DROP INDEX CONCURRENTLY reports.reports_old_idx"},
		Word: "reports_old_idx", Kind: "drop", For: "where nothing needs it, or another is drafted"}
	drop.Others = []*playbooks.Draft{{Playbook: indexBook, Title: "build index reports_old_idx on reports.reports anew", Word: "reports_old_idx", Kind: "rebuild",
		SQL: []string{"REINDEX INDEX CONCURRENTLY reports.reports_old_idx"}, For: "where statements need it, or a constraint stands on it"}}
	return []playbooks.Finding{
		{Playbook: indexBook, Severity: playbooks.Warning, Action: "watch it to its end", Leftover: &playbooks.Leftover{Draft: lost, Running: &playbooks.Running{PID: 77, Ours: true}},
			Title: "index reports_dedup_idx on reports.reports still runs in session 77: watch it to its end; nothing needs to be sent again"},
		{Playbook: indexBook, Severity: playbooks.Warning, Action: "watch it to its end", Leftover: &playbooks.Leftover{Draft: others, Running: &playbooks.Running{PID: 78}},
			Title: "pid 78 of migrate (deploy) runs CREATE INDEX of users_email_idx on users for 12m0s: leave it, and watch it to its end"},
		{Playbook: indexBook, Severity: playbooks.Warning, Action: "draft the clean-up", Leftover: &playbooks.Leftover{Draft: drop},
			Title: "reports.reports_old_idx is INVALID, left of a build that did not end: it serves no query and costs every write of reports.reports"},
		{Severity: playbooks.Note, Leftover: &playbooks.Leftover{}, Title: "users_name_idx was built and is valid: the record just does not hold the end"},
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
