package panes

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/muesli/termenv"
	"pgregory.net/rapid"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/storage"
	"github.com/pgmedic/pgmedic/ui/draw"
)

// pileUp is a sample in which four sessions wait: for a psql that went idle in its transaction, and for a prepared transaction.
func pileUp(at time.Time) *probes.Sample {
	s := seedSample(at, 10)
	session := func(pid int32, application, state string, open time.Duration, queryID int64) {
		b := probes.Backend{PID: pid, Type: "client backend", Database: "orders", User: "jane", Application: application, Client: "10.0.0.7", State: state,
			XactStart: at.Add(-open), QueryStart: at.Add(-open), StateChange: at.Add(-open), QueryID: queryID, XidAge: 40}
		if state == "active" {
			b.WaitType, b.WaitEvent = "Lock", "relation"
		}
		s.Backends = append(s.Backends, b)
	}
	session(4711, "psql", "idle in transaction", 130*time.Second, insertID)
	session(4712, "web", "active", 80*time.Second, dedupID)
	session(4713, "web", "active", 60*time.Second, 0)
	session(4714, "migrate", "active", 50*time.Second, dedupID)
	wait := func(pid int32, kind, mode, held, relation string, ago time.Duration, by ...int32) {
		s.Waits = append(s.Waits, probes.LockWait{PID: pid, BlockedBy: by, Kind: kind, Mode: mode, HeldMode: held, Relation: relation, Since: at.Add(-ago)})
	}
	wait(4712, "transactionid", "ShareLock", "ExclusiveLock", "public.orders", 80*time.Second, 4711)
	wait(4713, "tuple", "ExclusiveLock", "ExclusiveLock", "public.orders", 60*time.Second, 4712, 4711)
	wait(4714, "relation", "AccessExclusiveLock", "RowExclusiveLock", "public.items", 50*time.Second, 0)
	s.Waits[2].Prepared = []uint32{700}
	s.Prepared = []probes.PreparedTransaction{{XID: 700, GID: "tpc-1", Owner: "jane", Database: "orders", PreparedAt: at.Add(-time.Hour), XidAge: 5000}}
	return s
}

// slowParts are what slower probes bring.
func slowParts(s *probes.Sample) {
	since := s.At.Add(-5 * time.Second)
	s.Builds = []probes.IndexBuild{{PID: 4800, Relation: "public.orders", Index: "public.orders_idx", Command: "CREATE INDEX CONCURRENTLY",
		Phase: "building index: scanning table", BlocksDone: 25, BlocksTotal: 100, CurrentLockerPID: 4711}}
	s.Progress = []probes.Progress{{PID: 4801, Command: "VACUUM", Database: "orders", Relation: "public.items", Phase: "scanning heap", Done: 50, Total: 200, Unit: "blocks"},
		{PID: 4802, Command: "COPY FROM", Database: "orders", Done: 2048, Unit: "bytes"}}
	s.Databases = []probes.DatabaseDelta{
		{Database: "orders", Since: since, Commits: 50, BlocksHit: 99, BlocksRead: 1, TempBytes: 5 << 20, Deadlocks: 1, Sessions: -1, Abandoned: -1, Killed: -1},
		{Since: since, Reset: true},
	}
	s.Writes = probes.Writes{Known: true, Since: since, Requested: 2, Buffers: 1200, WriteTime: time.Second, WALBytes: -1}
	s.Replicas = []probes.Replica{{PID: 4803, Application: "standby1", State: "streaming", SyncState: "async", LagBytes: 1 << 20, ReplayLag: 40 * time.Second}}
	s.Slots = []probes.Slot{{Name: "old", Kind: "physical", RetainedBytes: 2 << 30, Status: "extended", XminAge: 9000}, {Name: "gone", RetainedBytes: -1, Status: "lost"}}
	s.Settings = []probes.Setting{{Name: "max_connections", Value: "100", Source: "configuration file", PendingRestart: true}, {Name: "fsync", Value: "on", Source: "default"}}
	for _, probe := range []string{"locks", "prepared", "builds", "progress", "databases", "writes", "replicas", "slots", "settings"} {
		s.Costs = append(s.Costs, probes.ProbeCost{Probe: probe, Took: time.Millisecond, Budget: 2 * time.Millisecond})
	}
}

func activityText(w *probes.Window, width int) string {
	var a Activity
	return squeezed(a.Lines(testTheme(termenv.Ascii), w, width))
}

// squeezed joins lines, with one blank where there are several.
func squeezed(lines []string) string {
	for i := range lines {
		lines[i] = strings.Join(strings.Fields(lines[i]), " ")
	}
	return strings.Join(lines, "\n")
}

func pileUpWindow() *probes.Window {
	w := probes.NewWindow(time.Minute)
	s := pileUp(spikeBegan)
	slowParts(s)
	w.Add(s, probes.Assessment{})
	return w
}

func TestActivityShowsWhatTheProbesKnow(t *testing.T) {
	got := activityText(pileUpWindow(), 190)
	for _, want := range []string{
		"locks 2 wait behind pid 4711 (idle in transaction 2 min 10 s), 1 more in the way",
		"4711 2 2 min 10 s holds a row of public.orders", "psql · 10.0.0.7 · jane@orders INSERT INTO reports.reports",
		"└ 4712 1 1 min 20 s a row of public.orders", "a row of public.orders (1 more in its way)",
		"its statement is not known", "prep. 1 1 h holds RowExclusiveLock on public.items", "prepared transaction tpc-1",
		"ROLLBACK PREPARED", "└ 4714 50.0 s AccessExclusiveLock on public.items",
		"long transactions 4 open for 5.0 s or more", "5,000 1 h prepared transaction tpc-1", "9,000 – slot old",
		"building index: scanning table 25 % 25 of 100 blocks waits for pid 4711", "VACUUM orders public.items scanning heap 25 % 50 of 200 blocks",
		"2.0 kB", "standby1", "1.0 MB 40.0 s", "old physical no 2.0 GB extended 9,000 transactions", "gone no – lost",
		"databases per second, over 5.0 s", "orders 10.0 0.0 99 % 0.2 1.0 MB 1 0 –",
		"counted anew since: too small", "WAL – · checkpoints: 0 timed, 2 requested · written 1,200 buffers", "max_connections=100 (another value waits for a restart)",
		"pgmedic's own probes", "locks 1.0 ms",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "fsync") {
		t.Error("a setting that nobody set is listed")
	}
}

// A part that was not read for this sample says how old it is and why; what is not known is no nought, and what stands nowhere else stands at the end.
func TestActivitySaysWhatItDoesNotKnow(t *testing.T) {
	w := pileUpWindow()
	for i := range 30 {
		s := pileUp(spikeBegan.Add(time.Duration(i+1) * time.Second))
		s.Waits, s.Prepared = nil, nil
		s.Failures = []probes.Failure{{Probe: "locks", Reason: "12 sessions wait for the lock table"}, {Probe: "slots", Reason: "GRANT pg_monitor TO jane"},
			{Probe: "names", Reason: "names are not looked up"}}
		w.Add(s, probes.Assessment{})
	}
	got := activityText(w, 160)
	for _, want := range []string{
		"in the way ● 30.0 s old", "12 sessions wait for the lock table", "replication slots ● 30.0 s old", "GRANT pg_monitor TO jane",
		"not known", "names: names are not looked up", "databases per second, over 5.0 s, pgmedic's own included; deadlocks and what follows: how many ● 30.0 s old",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Count(got, "GRANT pg_monitor") != 1 {
		t.Errorf("a reason stands twice:\n%s", got)
	}
	fresh := probes.NewWindow(time.Minute)
	fresh.Add(&probes.Sample{At: spikeBegan, Server: probes.Server{InRecovery: true}}, probes.Assessment{})
	got = activityText(fresh, 160)
	for _, want := range []string{"locks nobody waits", "replicas ● not read yet", "this standby ● not read yet", "databases ● not read yet", "checkpoints and WAL ● not read yet"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	hidden := probes.NewWindow(time.Minute)
	hidden.Add(&probes.Sample{At: spikeBegan, Failures: []probes.Failure{{Probe: "activity", Reason: "hidden from role plain"}},
		Costs: []probes.ProbeCost{{Probe: "activity", Took: time.Millisecond}}}, probes.Assessment{})
	got = activityText(hidden, 160)
	for _, want := range []string{"none is open for 5.0 s, as far as this role may see", "nobody, as far as this role may see", "no data, or not all"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "nobody waits\n") || strings.Count(got, "hidden from role plain") != 1 {
		t.Errorf("got\n%s", got)
	}
	standby := probes.NewWindow(time.Minute)
	standby.Add(&probes.Sample{At: spikeBegan, Server: probes.Server{InRecovery: true}, Standby: &probes.Standby{ReceivedNotReplayed: -1, ReplayAge: -1, Paused: true}},
		probes.Assessment{})
	if got = activityText(standby, 160); !strings.Contains(got, "replays – behind what it received; nothing replayed yet; replay is PAUSED") {
		t.Errorf("got\n%s", got)
	}
}

func TestBlockingHeadline(t *testing.T) {
	at := spikeBegan
	prepared := &probes.PreparedTransaction{GID: "tpc-1", PreparedAt: at.Add(-time.Hour)}
	for _, c := range []struct {
		tree probes.Blocking
		want string
	}{
		{probes.Blocking{}, ""},
		{probes.Blocking{Contending: 12}, "12 wait for the lock table itself"},
		{probes.Blocking{Contending: 1}, "1 waits for the lock table itself"},
		{probes.Blocking{Waiting: 3}, "3 wait, for whom is not known"},
		{probes.Blocking{Roots: []*probes.Blocked{{PID: 7, Behind: 2}}}, "2 wait behind pid 7 (ended, or not visible)"},
		{probes.Blocking{Roots: []*probes.Blocked{{PID: 7, Behind: 2, Backend: &probes.Backend{}}}}, "2 wait behind pid 7 (state not visible)"},
		{probes.Blocking{Roots: []*probes.Blocked{{PID: 7, Behind: 2, Cycle: true}, {}}}, "2 wait behind pid 7 (deadlock), 1 more in the way"},
		{probes.Blocking{Roots: []*probes.Blocked{{Behind: 2}}}, "2 wait behind a prepared transaction"},
		{probes.Blocking{Roots: []*probes.Blocked{{Behind: 2, Prepared: prepared, Since: prepared.PreparedAt}}}, "2 wait behind prepared transaction tpc-1 (for 1 h)"},
	} {
		if got := blockingHeadline(c.tree, at); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestConnectionsSayWhoIsInTheWay(t *testing.T) {
	var c Connections
	c.Show(pileUpWindow())
	if got := plain(&c, 60, 40); !strings.Contains(got, "locks   2 wait behind pid 4711") || !strings.Contains(got, "a shows them") {
		t.Errorf("got\n%s", got)
	}
	c.Show(seedWindow())
	if got := plain(&c, 60, 40); strings.Contains(got, "locks") {
		t.Errorf("nobody waits, and yet\n%s", got)
	}
}

// In a storm the page stays short, and says how much it leaves out.
func TestActivityOfAStormIsShort(t *testing.T) {
	s := seedSample(spikeBegan, 10)
	for pid := int32(2); pid < 900; pid++ {
		s.Backends = append(s.Backends, probes.Backend{PID: pid, WaitType: "Lock"})
		s.Waits = append(s.Waits, probes.LockWait{PID: pid, BlockedBy: []int32{1}})
	}
	s.Waits = append(s.Waits, probes.LockWait{PID: 5000, BlockedBy: []int32{5001}})
	w := probes.NewWindow(time.Minute)
	w.Add(s, probes.Assessment{})
	got := activityText(w, 160)
	if lines := strings.Count(got, "\n"); lines > mostBlocked+60 || !strings.Contains(got, "more lines") || !strings.Contains(got, "└ 5000") {
		t.Errorf("%d lines\n%s", lines, got[:2000])
	}
}

func storageOf() Storage {
	estimate := func(n int64) storage.Figure {
		return storage.Figure{Value: n, Status: storage.Estimated, Why: "from the catalogue"}
	}
	exact := func(n int64) storage.Figure { return storage.Figure{Value: n, Status: storage.Measured} }
	locked := storage.Figure{Why: "locked by session 4711 (deploy, active)"}
	orders := storage.Table{Name: storage.Name{Schema: "public", Relation: "orders"}, Kind: storage.Plain, Heap: exact(5 << 20), Toast: exact(8192), Rows: estimate(50000),
		Usage: storage.Usage{LiveRows: estimate(50000), DeadRows: estimate(5000), Updated: 100, HotUpdated: 25, SeqScans: 5, SeqRows: 250000, IndexScans: 12,
			LastAutoanalyze: spikeBegan.Add(-3 * time.Hour), Since: spikeBegan.Add(-24 * time.Hour)},
		Indexes: []storage.Index{
			{Name: "orders_pkey", Size: exact(1 << 20), Definition: "CREATE UNIQUE INDEX orders_pkey ON public.orders USING btree (id)", Unique: true, Primary: true, Valid: true,
				Ready: true, Live: true, Scans: 12},
			{Name: "orders_bad", Size: estimate(4096), Definition: "btree (customer)", DefinitionWhy: "locked: from the catalogue", Live: true},
		}}
	held := orders
	held.Relation, held.Heap, held.Toast, held.Indexes, held.Usage = "items", locked, locked, nil, storage.Usage{Unknown: "track_counts is off"}
	missing := storage.Table{Name: storage.Name{Schema: "public", Relation: "gone"}, Missing: "there is no such table"}
	parent := storage.Table{Name: storage.Name{Schema: "public", Relation: "events"}, Kind: storage.Partitioned, Heap: exact(1), Rows: estimate(10), PartitionIndexes: exact(1)}
	for i := range 15 {
		parent.Partitions = append(parent.Partitions, storage.Partition{Name: storage.Name{Schema: "public", Relation: fmt.Sprint("events_", i)}, Total: exact(int64(i) << 10)})
	}
	return Storage{Tables: []storage.Table{orders, held, missing, parent}, Used: map[string]bool{"orders_pkey": true}, Left: 3, At: spikeBegan}
}

func TestStorageSaysHowFarItsFiguresCanBeTrusted(t *testing.T) {
	got := squeezed(StorageLines(testTheme(termenv.Ascii), storageOf(), 160))
	for _, want := range []string{
		"public.orders table", "≈ 6.0 MB in all: table 5.0 MB, oversized values 8.0 kB, 2 indexes ≈ 1.0 MB", "≈ 50,000, dead ≈ 5,000 (9 %)",
		"25 % of the updates touched no index (HOT)", "5 sequential scans (250,000 rows), 12 index scans, counted since 2026-11-22 16:15",
		"analyzed 3 h ago", "vacuumed never, as far as is counted", "▸ orders_pkey 1.0 MB 12 primary key, in the plan btree (id)",
		"orders_bad ≈ 4.0 kB 0 INVALID btree (customer)", "≈ – from the catalogue", "locked: from the catalogue",
		"– in all: table –, oversized values –, 0 indexes 0 bytes", "locked by session 4711 (deploy, active)", "– track_counts is off",
		"it has no index", "public.gone there is no such table", "events_14 14 kB", "… 3 more partitions", "… 3 more tables of the plan",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

// Whatever the server sends and however wide the page is: no line is wider.
func TestPagesFitAnyWidth(t *testing.T) {
	theme := testTheme(termenv.TrueColor)
	rapid.Check(t, func(t *rapid.T) {
		w := rapid.IntRange(10, 220).Draw(t, "w")
		text := func() string { return anyText().Draw(t, "text") }
		s := pileUp(spikeBegan)
		slowParts(s)
		for i := range s.Backends {
			s.Backends[i].Application, s.Backends[i].User = text(), text()
		}
		s.Prepared[0].GID, s.Waits[0].Relation, s.Slots[0].Name, s.Builds[0].Phase, s.Databases[0].Database = text(), text(), text(), text(), text()
		s.Failures = []probes.Failure{{Probe: "locks", Reason: text()}, {Probe: "x", Reason: text()}}
		s.Settings[0].Value = text()
		window := probes.NewWindow(time.Minute)
		window.Add(s, probes.Assessment{})
		page := storageOf()
		page.Tables[0].Relation, page.Tables[0].Indexes[0].Name, page.Tables[0].Indexes[0].Definition, page.Tables[1].Heap.Why = text(), text(), text(), text()
		var a Activity
		for _, line := range append(a.Lines(theme, window, w), StorageLines(theme, page, w)...) {
			if draw.Width(line) > w {
				t.Fatalf("%d cells in %d: %q", draw.Width(line), w, line)
			}
		}
	})
}

// BenchmarkActivity makes the page in a storm: 900 sessions on one row.
func BenchmarkActivity(b *testing.B) {
	s := pileUp(spikeBegan)
	slowParts(s)
	for pid := int32(10000); pid < 10900; pid++ {
		s.Backends = append(s.Backends, probes.Backend{PID: pid, Type: "client backend", State: "active", WaitType: "Lock", QueryID: dedupID, XactStart: spikeBegan.Add(-time.Minute)})
		s.Waits = append(s.Waits, probes.LockWait{PID: pid, BlockedBy: []int32{4711}, Kind: "tuple"})
	}
	w := probes.NewWindow(time.Minute)
	w.Add(s, probes.Assessment{})
	theme := testTheme(termenv.TrueColor)
	var a Activity
	for b.Loop() {
		a.Lines(theme, w, 200)
	}
}
