package ui

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/storage"
)

// pileUp is a workbench on which sessions wait: for a psql that went idle in its transaction, and for a prepared transaction.
func pileUp(a *App) {
	tell(a, 70, 0)
	u := storyUpdate(70, -1)
	s := u.Tick.Sample
	ago := func(seconds int) time.Time { return s.At.Add(-time.Duration(seconds) * time.Second) }
	session := func(pid int32, application, state string, seconds int, queryID int64) {
		b := probes.Backend{PID: pid, Type: "client backend", Database: "orders", User: "jane", Application: application, Client: "10.0.0.7", State: state,
			XactStart: ago(seconds), QueryStart: ago(seconds), StateChange: ago(seconds), QueryID: queryID, XidAge: 40}
		if state == "active" {
			b.WaitType, b.WaitEvent = "Lock", "relation"
		}
		s.Backends = append(s.Backends, b)
	}
	session(4711, "psql", "idle in transaction", 130, insertID)
	session(4712, "web", "active", 80, insertID)
	session(4713, "web", "active", 60, insertID)
	session(4714, "migrate", "active", 50, 0)
	s.Waits = []probes.LockWait{
		{PID: 4712, BlockedBy: []int32{4711}, Kind: "transactionid", Mode: "ShareLock", HeldMode: "ExclusiveLock", Relation: "reports.reports", Since: ago(80)},
		{PID: 4713, BlockedBy: []int32{4712, 4711}, Kind: "tuple", Mode: "ExclusiveLock", HeldMode: "ExclusiveLock", Relation: "reports.reports", Since: ago(60)},
		{PID: 4714, BlockedBy: []int32{0}, Prepared: []uint32{700}, Kind: "relation", Mode: "AccessExclusiveLock", HeldMode: "RowExclusiveLock", Relation: "public.users",
			Since: ago(50)},
	}
	s.Prepared = []probes.PreparedTransaction{{XID: 700, GID: "tpc-1", Owner: "jane", Database: "orders", PreparedAt: ago(3600), XidAge: 5000}}
	s.Progress = []probes.Progress{{PID: 4801, Command: "VACUUM", Database: "orders", Relation: "public.users", Phase: "scanning heap", Done: 50, Total: 200, Unit: "blocks"}}
	s.Databases = []probes.DatabaseDelta{{Database: "orders", Since: ago(5), Commits: 500, BlocksHit: 99, BlocksRead: 1, TempBytes: 5 << 20, Deadlocks: 1}}
	s.Writes = probes.Writes{Known: true, Since: ago(5), Requested: 1, Buffers: 1200, WriteTime: time.Second, WALBytes: 10 << 20}
	s.Replicas = []probes.Replica{{PID: 4803, Application: "standby1", State: "streaming", SyncState: "async", LagBytes: 1 << 20}}
	s.Slots = []probes.Slot{{Name: "old", Kind: "physical", RetainedBytes: 2 << 30, Status: "extended", XminAge: 9000}}
	s.Costs = []probes.ProbeCost{{Probe: "statements", Took: 4 * time.Millisecond, Budget: 3500 * time.Microsecond, Every: 5 * time.Second, Spaced: true}}
	s.Failures = []probes.Failure{{Probe: "builds", Reason: "builds: this role may not read it: GRANT pg_monitor TO it (pg_read_all_stats is the least)"}}
	a.Update(updateMsg{u})
}

func activityPage(a *App) {
	pileUp(a)
	press(a, "a")
}

// tablesPage is the page of the tables of the dedup query, one of which is locked.
func tablesPage(a *App) {
	spike(a)
	press(a, "i")
	a.Update(tablesMsg{request: a.request, tables: storyTables(), used: map[string]bool{"reports_organization_id_index": true}})
}

func storyTables() []storage.Table {
	exact := func(n int64) storage.Figure { return storage.Figure{Value: n, Status: storage.Measured} }
	estimate := func(n int64) storage.Figure {
		return storage.Figure{Value: n, Status: storage.Estimated, Why: "from the catalogue, as of the last VACUUM, ANALYZE or CREATE INDEX"}
	}
	locked := storage.Figure{Why: "locked by session 4711 (deploy, active)"}
	reports := storage.Table{Name: storage.Name{Schema: "reports", Relation: "reports"}, Kind: storage.Plain, Heap: exact(5 << 30), Toast: exact(40 << 20), Rows: estimate(454416),
		Usage: storage.Usage{LiveRows: estimate(454416), DeadRows: estimate(50123), Inserted: 454416, Updated: 100_000, HotUpdated: 25_000, SeqScans: 5, SeqRows: 2_250_000,
			IndexScans: 9_312, LastAutoanalyze: storyStart.Add(-3 * time.Hour), ChangedSinceAnalyze: 120_000},
		Indexes: []storage.Index{
			{Name: "reports_pkey", Size: exact(10 << 20), Definition: "CREATE UNIQUE INDEX reports_pkey ON reports.reports USING btree (id)", Unique: true, Primary: true,
				Valid: true, Ready: true, Live: true, Scans: 12},
			{Name: "reports_organization_id_index", Size: exact(12 << 20), Definition: "CREATE INDEX i ON reports.reports USING btree (organization_id)",
				Valid: true, Ready: true, Live: true, Scans: 9_300},
			{Name: "reports_dedup_old", Size: exact(12 << 20), Definition: "CREATE INDEX i ON reports.reports USING btree (user_id)", Live: true},
		}}
	users := storage.Table{Name: storage.Name{Schema: "public", Relation: "users"}, Kind: storage.Plain, Heap: locked, Toast: locked, Rows: estimate(1200),
		Usage: storage.Usage{Unknown: "track_counts is off"}}
	return []storage.Table{reports, users}
}

func TestActivityGoesAlongWithTheSamples(t *testing.T) {
	a := story()
	press(a, "a")
	if a.page != workbench {
		t.Error("there is a page before the first sample")
	}
	wantShown(t, a, "there is no sample yet")
	activityPage(a)
	wantShown(t, a, "2 wait behind pid 4711 (idle in transaction 2 min 10 s), 1 more in the way")
	a.Update(updateMsg{storyUpdate(71, -1)})
	wantShown(t, a, "nobody waits")
	a.Update(clockMsg(a.now.Add(time.Minute)))
	wantShown(t, a, "activity and locks · 1 min")
	press(a, "esc")
	if a.page != workbench {
		t.Error("esc does not lead back")
	}
}

func TestConnectionsNameTheKeyOfTheLocks(t *testing.T) {
	a := story()
	pileUp(a)
	wantShown(t, a, "a shows them")
	wantShown(t, a, ", 1 more in the way · a shows the locks")
}

func TestTablesOfTheSelectedStatement(t *testing.T) {
	a := story()
	tablesPage(a)
	for _, want := range []string{"reports.reports", "≈ 454,416", "INVALID", "locked by session 4711", "in the plan"} {
		wantShown(t, a, want)
	}
	old := a.request
	press(a, "i")
	wantShown(t, a, "reading the sizes")
	a.Update(tablesMsg{request: old, tables: storyTables()})
	wantHidden(t, a, "454,416")
	a.Update(tablesMsg{request: a.request, err: errors.New("connecting: \x1b[2Jno answer")})
	wantShown(t, a, `\x1B[2Jno answer`)
	press(a, "esc")
	a.Update(tablesMsg{request: a.request, tables: storyTables()})
	wantHidden(t, a, "454,416")
}

func TestRelationsOfPlansStandOnce(t *testing.T) {
	names, used := relationsOf([]*plan.Plan{planBefore(), planAfter(), planBefore()})
	if len(names) != 1 || names[0] != (storage.Name{Schema: "reports", Relation: "reports"}) || !used["reports_organization_id_index"] || !used["reports_dedup_idx"] {
		t.Errorf("names %v, indexes %v", names, used)
	}
}

// fullServer is the trouble of a server that is full since 42 s.
func fullServer(now time.Time) *probes.Trouble {
	return &probes.Trouble{
		At: now, Since: now.Add(-42 * time.Second), Attempts: 17, Doing: "connecting", Target: "oncall@db-prod-1:5432/orders", Reason: "sorry, too many clients already",
		SQLState: "53300", Next: "the server is full, or a limit of the role or of the database is reached; pgmedic keeps trying and takes the next free slot. " +
			"A superuser gets into the reserved slots and past such limits, from version 16 on a member of pg_use_reserved_connections into reserved slots",
		Ceiling: probes.Ceiling{MaxConnections: 100, SuperuserReserved: 3, Reserved: 5, DatabaseLimit: 40},
	}
}

// The banner of a full server says for how long, how often it was tried, what slots there are, and which role would get in.
func TestBannerOfAFullServer(t *testing.T) {
	a := newStory(160, 45, looks[2])
	full(a)
	for _, want := range []string{"for 42.0 s, 17 attempts", "92 of 100 slots are for every role, 3 for", "superusers, 5 for members of", "limit is 40", "A superuser gets into"} {
		wantShown(t, a, want)
	}
}

// What has no room in the banner is counted there and stands on the page.
func TestBannerLeadsToWhatItLeavesOut(t *testing.T) {
	a := newStory(80, 24, looks[2])
	u := storyUpdate(0, -1)
	for _, probe := range []string{"slots", "replicas", "databases", "statements"} {
		u.Tick.Sample.Failures = append(u.Tick.Sample.Failures, probes.Failure{Probe: probe, Reason: probe + " is hidden from role jane: GRANT pg_monitor TO jane"})
	}
	a.Update(updateMsg{u})
	wantShown(t, a, "· a shows all 3")
	press(a, "a", "G")
	if text := strings.Join(a.pager.lines, "\n"); !strings.Contains(text, "databases is hidden") || !strings.Contains(text, "statements is hidden") {
		t.Errorf("the page does not say everything:\n%s", text)
	}
}

// On a real server: who waits for a row, and the tables of a statement, first with no plan taken, then while one of them is locked.
func TestPagesOfARealServer(t *testing.T) {
	p := newLoop(t)
	a := p.app
	holder := pgtest.Connect(t, p.dsn, map[string]string{"application_name": "holder"})
	pgtest.Execute(t, holder, "BEGIN", "UPDATE jobs SET payload = 'held' WHERE id = 1")
	waiter := pgtest.InBackground(t, pgtest.Connect(t, p.dsn, nil), "UPDATE jobs SET payload = 'wanted' WHERE id = 1")
	p.until(t, "the first sample", func() bool { return a.window.Last() != nil })
	p.press("a")
	p.until(t, "the blocking tree", func() bool {
		return strings.Contains(a.View(), fmt.Sprintf("1 waits behind pid %d (idle in transaction", holder.PgConn().PID()))
	})
	wantShown(t, a, fmt.Sprintf("└ %d", waiter))
	wantShown(t, a, "holds a row of public.jobs")
	pgtest.Execute(t, holder, "ROLLBACK")
	p.press("esc")
	p.until(t, "the statement", func() bool {
		for _, l := range a.statements.Listed() {
			if strings.Contains(l.Text, "done_at IS NULL AND payload") {
				return a.statements.Select(l.StatementKey)
			}
		}
		return false
	})
	p.press("i")
	p.until(t, "the tables", func() bool {
		return strings.Contains(a.View(), "▸ jobs_pkey") || strings.Contains(a.View(), "public.jobs  table")
	})
	wantShown(t, a, "btree (id)")
	wantShown(t, a, "≈ 60,000")
	wantHidden(t, a, "locked")

	selected, _ := a.selected()
	p.press("esc", "e")
	p.until(t, "the plan", func() bool {
		return a.plans[selected.StatementKey] != nil && len(a.plans[selected.StatementKey].plans) > 0 && a.explain.request == 0
	})
	pgtest.Execute(t, holder, "BEGIN", "LOCK TABLE jobs IN ACCESS EXCLUSIVE MODE")
	p.press("i")
	p.until(t, "the locked table", func() bool {
		return strings.Contains(a.View(), fmt.Sprintf("locked by session %d (holder", holder.PgConn().PID()))
	})
	pgtest.Execute(t, holder, "ROLLBACK")
}
