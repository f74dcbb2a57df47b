package panes

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/record"
)

// The seed's spike, as samples: ten calm connections, then 95, 84 of them in the dedup lookup.

var spikeBegan = time.Date(2026, 11, 23, 16, 15, 8, 0, time.UTC)

const (
	dedupID  = 101
	insertID = 102
	usersID  = 103
)

var seedTexts = map[int64]string{
	dedupID: "SELECT id, created_at FROM reports.reports\n WHERE report_type = $1 AND title = $2 AND format = $3 AND user_id = $4 AND params = $5" +
		" AND organization_id = $6 AND completed_at IS NULL ORDER BY created_at DESC LIMIT $7",
	insertID: "INSERT INTO reports.reports (report_type, title, format) VALUES ($1, $2, $3)",
	usersID:  "SELECT * FROM users WHERE id = $1",
}

// seedWindow is the state of things at 16:16:30.
func seedWindow() *probes.Window {
	w := probes.NewWindow(5 * time.Minute)
	for i := -120; i <= 82; i++ {
		at := spikeBegan.Add(time.Duration(i) * time.Second)
		a := probes.Assessment{Baseline: probes.Baseline{Median: 10, N: min(i+121, 120)}}
		if a.Baseline.Known() {
			a.Calm = seedCalm
		}
		total := 10
		if i >= 0 {
			a.Onset, a.Peak = spikeBegan, 95
			total = min(10+i*8, 95)
		}
		w.Add(seedSample(at, total), a)
	}
	return w
}

// seedCalm is what the statements did before.
var seedCalm = map[probes.StatementKey]probes.CallSum{
	{QueryID: dedupID, TopLevel: true}:  {Calls: 1000, Time: 1000 * 167 * time.Millisecond},
	{QueryID: insertID, TopLevel: true}: {Calls: 1000, Time: 1000 * 51 * time.Millisecond},
	{QueryID: usersID, TopLevel: true}:  {Calls: 1000, Time: 1000 * 1300 * time.Microsecond},
}

func seedSample(at time.Time, total int) *probes.Sample {
	s := &probes.Sample{
		At: at, Interval: time.Second, Cost: 2100 * time.Microsecond,
		Server:  probes.Server{Host: "db-prod-1", Port: 5432, Database: "orders", User: "dbre", Version: 150018, VersionText: "15.18", TLS: true},
		Ceiling: probes.Ceiling{MaxConnections: 100, SuperuserReserved: 3, DatabaseLimit: -1},
		Statements: probes.Statements{Known: true, Since: at.Add(-time.Second), Texts: seedTexts, Deltas: []probes.StatementDelta{
			delta(dedupID, 9, dedupMean(total)), delta(insertID, 41, 51*time.Millisecond), delta(usersID, 310, 1300*time.Microsecond),
		}},
	}
	for i := range total {
		s.Backends = append(s.Backends, seedBackend(i, total))
	}
	for i := range 3 {
		s.Backends = append(s.Backends, probes.Backend{PID: int32(9000 + i), Type: "client backend", Ours: true, State: "idle", Database: "orders", User: "oncall"})
	}
	return s
}

// dedupMean is what a dedup lookup takes: slower the more of them run.
func dedupMean(total int) time.Duration {
	if total > 10 {
		return 8700 * time.Millisecond
	}
	return 167 * time.Millisecond
}

func seedBackend(i, total int) probes.Backend {
	b := probes.Backend{
		PID: int32(1000 + i), Type: "client backend", Database: "orders", User: "reports_rw", Application: "report-worker",
		Client: fmt.Sprintf("10.0.3.%d", i%10), State: "idle",
	}
	switch {
	case total > 20 && i < 84:
		b.State, b.QueryID, b.WaitType, b.WaitEvent = "active", dedupID, "IO", "DataFileRead"
		if i%4 == 0 {
			b.WaitType, b.WaitEvent = "", ""
		}
	case i%8 == 7:
		b.State, b.Application, b.User = "idle in transaction", "psql", "jane"
	case i%5 == 4:
		b.State, b.QueryID = "active", usersID
	}
	return b
}

func delta(id, calls int64, mean time.Duration) probes.StatementDelta {
	exec := time.Duration(calls) * mean
	return probes.StatementDelta{
		StatementKey: probes.StatementKey{QueryID: id, TopLevel: true}, Database: "orders", User: "reports_rw",
		Calls: calls, ExecTime: exec, Rows: calls, TotalCalls: calls * 1000, TotalExecTime: exec * 900,
	}
}

// seedPlan is the plan of the dedup lookup before the index, for the heavy user, with actual figures.
func seedPlan() *plan.Plan { return readPlan("before.json", spikeBegan.Add(80*time.Second)) }

// seedPlanAfter is the same with the index.
func seedPlanAfter() *plan.Plan { return readPlan("after.json", spikeBegan.Add(300*time.Second)) }

func readPlan(file string, at time.Time) *plan.Plan {
	data, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		panic(err)
	}
	p, err := plan.Parse(data)
	if err != nil {
		panic(err)
	}
	p.Origin = plan.Origin{Class: plan.Heavy, Analyzed: true, TakenAt: at, QueryID: dedupID}
	return p
}

func seedFindings() []playbooks.Finding {
	return []playbooks.Finding{
		{
			Playbook: "index", Severity: playbooks.Critical, Action: "draft an index", Explains: 84, Of: 95,
			Title: "84 of 95 connections run one statement, SELECT … FROM reports.reports. It reads 454,416 rows to return 0; no index fits.",
		},
		{Severity: playbooks.Warning, Title: "2 slots left for the application; max_connections 100, reserved 3."},
	}
}

func seedEvents() []record.Event {
	return []record.Event{
		{Kind: record.System, At: spikeBegan.Add(-2 * time.Minute), Title: "connected to orders@db-prod-1:5432"},
		{Kind: record.Mark, At: spikeBegan, Title: "connections 10 → 95", Data: map[string]string{"mark": record.MarkOnset}},
		{Kind: record.Said, At: spikeBegan.Add(40 * time.Second), Title: "support reports timeouts"},
		{Kind: record.Observed, At: spikeBegan.Add(80 * time.Second), Title: "plan captured"},
	}
}

func seedStatus() Status {
	return Status{
		Title: "drill", Target: "orders@db-prod-1:5432", Now: spikeBegan.Add(82 * time.Second), Zone: time.FixedZone("CEST", 7200),
		Recording: 14*time.Minute + 32*time.Second, Recorded: true,
	}
}

const seedIndex = "reports_user_id_organization_id_created_at_idx"

// seedDrafts are three drafts of one finding, the last with a name as long as a server keeps.
func seedDrafts() []*playbooks.Draft {
	best, wide, long := seedDraft(), seedDraft(), seedDraft()
	best.Kind, best.For = "partial btree", "the values that hurt"
	wide.Kind, wide.For, wide.Explained = "btree", "statements without the condition too", ""
	wide.Prices, wide.Effects, long.Effects = wide.Prices[2:], nil, nil
	long.Kind, long.For, long.Word = "covering btree", "an index-only scan, at a larger size, for as long as the table is mostly all-visible", strings.Repeat("n", 63)
	long.Title = "index " + long.Word + " on " + long.Word + "." + long.Word
	long.Explained = strings.ReplaceAll(long.Explained, "reports", strings.Repeat("r", 63))
	return []*playbooks.Draft{best, wide, long}
}

func seedDraft() *playbooks.Draft {
	return &playbooks.Draft{
		Playbook: "index", Title: "index for the dedup lookup on reports.reports", Word: seedIndex, Before: seedPlan(),
		Kind: "partial btree", For: "the values that hurt",
		SQL: []string{"CREATE INDEX CONCURRENTLY " + seedIndex +
			"\n    ON reports.reports (user_id, organization_id, created_at DESC)\n WHERE (completed_at IS NULL)"},
		Explained: "CREATE INDEX CONCURRENTLY " + seedIndex + "\nON reports.reports (\n  user_id,          -- equality; leaves 13,740 of 320,000 rows for the heaviest user\n" +
			"  organization_id,  -- equality; other statements on the table share it\n  created_at DESC   -- the order that LIMIT stops at, so that no sort is needed\n)\n" +
			"WHERE (completed_at IS NULL)  -- the statement asks for it; keeps 2.7 % of the rows",
		Reasons: []playbooks.Reason{
			{Part: "judged with", Why: "values of user_id (most common value)"},
			{Part: "user_id", Why: "equality; leaves 13,740 of 320,000 rows for the heaviest user"},
			{Part: "organization_id", Why: "equality; other statements on the table share it"},
			{Part: "created_at DESC", Why: "the order that LIMIT stops at, so that no sort is needed"},
			{Part: "WHERE completed_at IS NULL", Why: "the statement asks for it; keeps 2.7 % of the rows"},
		},
		Prices: []playbooks.Price{
			{Name: "rows read", Now: "454,416", Value: "13,740", How: "estimated by the planner, for the same values"},
			{Name: "cost", Now: "41,230", Value: "8", How: "of the statement, in the planner's units, by its own arithmetic"},
			{Name: "size", Value: "40 MB", How: "estimated from pg_stats widths"},
			{Name: "build time", Value: "about 5 min", How: "estimated from 12,000,000 rows"},
		},
		Effects: &playbooks.Effects{
			Losers:  []playbooks.Effect{{Statement: seedTexts[insertID], Now: "6.6", Value: "8.9"}},
			Winners: []playbooks.Effect{{Statement: "SELECT count(*) FROM reports.reports WHERE user_id = $1 AND completed_at IS NULL", Now: "41,230", Value: "25.1"}},
			Looked:  "of 30 other statements of the table 10 were planned, without values: the other 20 took less time",
		},
		Warnings: []string{"VACUUM and DDL on the table wait while it runs.", "Cancelling it leaves an INVALID index behind."},
		Undo:     []string{"DROP INDEX CONCURRENTLY reports." + seedIndex},
		Rewrite:  seedRewrite(),
		Lost:     "it goes on, pgmedic finds it again", Stopped: "leaves an INVALID index, clean-up drafted",
	}
}

func seedRewrite() *playbooks.Rewrite {
	return &playbooks.Rewrite{
		From: "EXTRACT(epoch FROM now() - created_at)/60 < $7", To: "created_at > now() - interval … * $7", Caveat: "the bound is rounded otherwise at the microsecond",
		SQL: "SELECT id FROM reports.reports WHERE created_at > now() - interval … * $7",
	}
}

func seedChecks() []playbooks.Check {
	return []playbooks.Check{
		{Verdict: playbooks.Pass, Name: "owner", Saw: "dbre owns reports.reports"},
		{Verdict: playbooks.Caution, Name: "old snapshots", Saw: "pid 4711 (psql, jane) holds one since 12 min", Do: "ask jane to end the transaction"},
		{Verdict: playbooks.Refuse, Name: "name", Saw: "an index of this name exists", Do: "choose another"},
	}
}

func seedProgress() playbooks.RunProgress {
	return playbooks.RunProgress{
		Progress: playbooks.Progress{
			Phase: "building index: scanning table", Done: 84000, Total: 200000, Unit: "blocks", Waiting: "pid 4711 (psql, jane), idle in transaction since 12 min",
		},
		Elapsed: 42 * time.Second, Harm: 1.5,
	}
}

// seedPartitions is the second of five statements, with somebody behind it.
func seedPartitions() playbooks.RunProgress {
	p := seedProgress()
	p.Step, p.Steps, p.Doing = 2, 5, "build idx_events_p2 on events_p2"
	p.Rate, p.Left, p.LeftAll = 310.5, 260*time.Second, 17*time.Minute
	p.Behind = "pid 99 of migrate (deploy), active for 12 s, waits for the build, and 14 behind it; at its end the build would wait for them in turn"
	return p
}

func seedOutcome() playbooks.Outcome {
	return playbooks.Outcome{
		State: playbooks.Applied, Started: spikeBegan, Ended: spikeBegan.Add(95 * time.Second), Next: "watch the mean",
		Phases: []playbooks.Phase{{Name: "building index: scanning table", Took: 60 * time.Second},
			{Name: "waiting for old snapshots", Took: 35 * time.Second}},
		Verification: playbooks.Verification{
			Done: true, Before: seedPlan(), After: seedPlanAfter(), Undo: &playbooks.Draft{SQL: []string{"DROP INDEX CONCURRENTLY reports." + seedIndex}},
			Checks: []playbooks.Check{{Verdict: playbooks.Pass, Name: "valid", Saw: "indisvalid and indisready"}},
		},
	}
}
