package report

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/record"
)

// The rehearsed incident that the tests report: two calm minutes at 12 connections, a spike to 95 of 97, an index built while it runs,
// recovery, calm. One sample a second, eight seconds missing in the calm.
const (
	dedupID  = 7001
	insertID = -42
)

var (
	begin     = time.Date(2026, 11, 23, 16, 13, 0, 0, time.UTC)
	onset     = begin.Add(120 * time.Second)
	buildFrom = onset.Add(30 * time.Second)
	buildTo   = onset.Add(44 * time.Second)
	recovered = onset.Add(50 * time.Second)
	end       = onset.Add(90 * time.Second)
)

const dedupText = `SELECT id, title FROM reports.reports WHERE report_type = $1 AND user_id = $2 AND completed_at IS NULL ORDER BY created_at DESC LIMIT 10`

const buildSQL = "CREATE INDEX CONCURRENTLY idx_reports_user_id_3f9a ON reports.reports (user_id) WHERE completed_at IS NULL /* pgmedic:index-build */"

// samples of the incident, and what watch would have made of them.
func samples() ([]*probes.Sample, []probes.Assessment) {
	var list []*probes.Sample
	var assessed []probes.Assessment
	previous := begin.Add(-time.Second)
	for at := begin; !at.After(end); at = at.Add(time.Second) {
		if second := at.Sub(begin).Seconds(); second > 60 && second < 68 {
			continue // the gap
		}
		active, idle := shape(at)
		s := sampleAt(at, at.Sub(previous), active, idle)
		list = append(list, s)
		a := probes.Assessment{Baseline: probes.Baseline{Median: 12, N: min(len(list)-1, 110)}}
		if !at.Before(onset) {
			a.Onset = onset
		}
		assessed = append(assessed, a)
		previous = at
	}
	return list, assessed
}

// shape is how many connections run the dedup query at a time, and how many are idle.
func shape(at time.Time) (active, idle int) {
	second := int(at.Sub(onset).Seconds())
	switch {
	case second < 0:
		return 2, 10
	case at.Before(onset.Add(5 * time.Second)):
		return 10 + 15*second, 10 // 20, 35, 50, 65, 80
	case at.Before(buildTo):
		return 84, 11
	case at.Before(recovered):
		return 40, 11
	}
	return 1, 11
}

// sampleAt makes a sample; each second the dedup query ends 10 times with a mean of 8 ms in the calm, of 8 s in the spike.
func sampleAt(at time.Time, interval time.Duration, active, idle int) *probes.Sample {
	s := &probes.Sample{
		At: at, Interval: interval,
		Server: probes.Server{SystemIdentifier: "7300000000000000001", Timeline: 1, Host: "127.0.0.1", Port: 5432, Database: "orders",
			User: "look", Version: 150018, VersionText: "15.18", StartedAt: begin.Add(-time.Hour)},
		Ceiling: probes.Ceiling{MaxConnections: 100, SuperuserReserved: 3, DatabaseLimit: -1},
	}
	pid := int32(100)
	add := func(n int, state string, queryID int64, application string) {
		for range n {
			pid++
			s.Backends = append(s.Backends, probes.Backend{PID: pid, Type: "client backend", Database: "orders", User: "reports_rw",
				Application: application, State: state, QueryID: queryID})
		}
	}
	add(active, "active", dedupID, "report-worker|`x` <b>")
	add(idle, "idle", insertID, "report-worker")
	s.Backends = append(s.Backends, probes.Backend{PID: 1, Type: "client backend", State: "active", QueryID: dedupID, Ours: true})
	mean := 8 * time.Millisecond
	if !at.Before(onset) && at.Before(recovered) {
		mean = 8 * time.Second
	}
	calls := int64(10 * interval / time.Second)
	s.Statements = probes.Statements{Known: true, Since: at.Add(-interval), Texts: map[int64]string{dedupID: dedupText},
		Deltas: []probes.StatementDelta{
			{StatementKey: probes.StatementKey{QueryID: dedupID, TopLevel: true}, Calls: calls, ExecTime: time.Duration(calls) * mean},
			{StatementKey: probes.StatementKey{QueryID: insertID, TopLevel: true}, Calls: calls, ExecTime: time.Millisecond},
		}}
	return s
}

func events() []record.Event {
	mark := func(id, name string, at time.Time, title string) record.Event {
		return record.Event{ID: id, Kind: record.Mark, At: at, Basis: record.ServerClock, Source: "watch", Title: title, Data: map[string]string{"mark": name}}
	}
	failed := func(id string, at time.Time, n string) record.Event {
		return record.Event{ID: id, Kind: record.Imported, At: at, Basis: record.ImportClock, Source: "the drill's clients", Title: "unable to connect: " + n,
			Data: map[string]string{"errors": n, "sqlstate": "53300"}}
	}
	target := map[string]string{"playbook": "index", "relation": "reports.reports", "index": "idx_reports_user_id_3f9a", "role": "postgres",
		"reason": "84 of 95 connections run one statement"}
	acted := func(id, state string, at time.Time, title string, more map[string]string) record.Event {
		data := map[string]string{"state": state}
		for _, m := range []map[string]string{target, more} {
			for k, v := range m {
				data[k] = v
			}
		}
		return record.Event{ID: id, Kind: record.Acted, At: at, Basis: record.ServerClock, Source: "engine", Title: title, SQL: buildSQL,
			Server: "7300000000000000001 timeline 1, postgres@127.0.0.1:5432/orders", Data: data}
	}
	intent := acted("01K00000000000000000000004", "intent", buildFrom, "applying: index for reports.reports",
		map[string]string{"undo": "DROP INDEX CONCURRENTLY reports.idx_reports_user_id_3f9a"})
	intent.Body = "user_id: equality, leaves 104 rows (estimated)\nWHERE completed_at IS NULL: keeps 2.7 % of the rows (estimated)"
	outcome := acted("01K00000000000000000000005", "applied", buildTo, "applied in 14s: index for reports.reports", map[string]string{
		"intent": intent.ID, "duration_ms": "14000", "harm_s": "0.0",
		"phases": "waiting for writers before build 1.5 s; building index: scanning table 9.0 s; waiting for writers before validation 2.0 s"})
	outcome.Body = "index: valid and ready"
	return []record.Event{
		{ID: "01K00000000000000000000001", Kind: record.System, At: begin, Basis: record.ServerClock, Title: "connected to orders | <img src=x onerror=alert(1)>"},
		mark("01K00000000000000000000002", record.MarkOnset, onset, "connections 12 → 95, 98 % of the ceiling 97"),
		failed("01K00000000000000000000003", onset.Add(12*time.Second), "30"),
		failed("01K0000000000000000000003B", onset.Add(13*time.Second), "12"),
		intent, outcome,
		mark("01K00000000000000000000006", record.MarkRecovered, recovered, "connections are back"),
	}
}

// storedPlans are real EXPLAIN output of the seed's query on PostgreSQL 15, taken before and after such an index, for two patterns.
func storedPlans(t testing.TB) []record.StoredPlan {
	t.Helper()
	list := []record.StoredPlan{
		storedPlan(t, "whale_before", "whale", begin.Add(40*time.Second)),
		storedPlan(t, "small_before", "small", begin.Add(41*time.Second)),
		storedPlan(t, "whale_after", "whale", recovered.Add(20*time.Second)),
		storedPlan(t, "small_after", "small", recovered.Add(21*time.Second)),
	}
	return list
}

func storedPlan(t testing.TB, name, pattern string, at time.Time) record.StoredPlan {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := plan.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	p.Origin = plan.Origin{SystemIdentifier: "7300000000000000001", Database: "orders", QueryID: dedupID, Statement: dedupText, Class: plan.Given,
		Parameters: []plan.Parameter{{N: 1, Type: "text", From: plan.FromGiven}}, Analyzed: true, Pattern: pattern, Values: "digest of " + pattern, TakenAt: at}
	return record.StoredPlan{ID: "plan-" + name, Plan: p}
}

func storedFacts() []record.Fact {
	return []record.Fact{
		{Kind: "index.size", Subject: "reports.reports_organization_id_index", Value: 1 << 20, Unit: "bytes", From: begin, To: begin,
			Method: "pg_relation_size", Source: "catalogue"},
		{Kind: "index.size", Subject: "reports.idx_reports_user_id_3f9a", Value: 224 << 10, Unit: "bytes", From: buildTo, To: buildTo,
			Method: "pg_relation_size", Source: "catalogue"},
		{Kind: "table.rows", Subject: "reports.reports", Value: 120000, Unit: "rows", From: begin, To: begin,
			Method: "pg_class.reltuples", Source: "catalogue", Status: record.Estimated},
	}
}

// rehearsed is the incident in memory.
func rehearsed(t testing.TB) *incident {
	t.Helper()
	in := &incident{name: "rehearsed.pgmedic", events: events(), plans: storedPlans(t), stored: storedFacts(), texts: map[int64]string{dedupID: dedupText}}
	list, assessed := samples()
	return gather(t, in, list, assessed)
}

func gather(t testing.TB, in *incident, list []*probes.Sample, assessed []probes.Assessment) *incident {
	t.Helper()
	check(t, in.read(source{
		curve: func() (curve []record.Point, err error) {
			for _, s := range list {
				curve = append(curve, record.Point{At: s.At, Clients: s.Counts().Total})
			}
			return curve, nil
		},
		at: func(at time.Time) (*probes.Sample, error) {
			return list[slices.IndexFunc(list, func(s *probes.Sample) bool { return s.At.Equal(at) })], nil
		},
		each: func(take func(*probes.Sample, probes.Assessment) seen, visit func(seen) bool) error {
			for i, s := range list {
				if !visit(take(s, assessed[i])) {
					break
				}
			}
			return nil
		},
	}))
	in.actions = actionsOf(in.events)
	return in
}

// recorded writes the same incident to a file and returns its path.
func recorded(t testing.TB) string {
	t.Helper()
	file, err := record.Create(t.TempDir(), "orders", begin)
	if err != nil {
		t.Fatal(err)
	}
	list, assessed := samples()
	for i, s := range list {
		check(t, file.AddSample(s, assessed[i]))
	}
	for _, e := range events() {
		e.RecordedAt = e.At
		_, err := file.AddEvent(e)
		check(t, err)
	}
	for _, p := range storedPlans(t) {
		_, err := file.AddPlan(p.Plan)
		check(t, err)
	}
	for _, f := range storedFacts() {
		_, err := file.AddFact(f)
		check(t, err)
	}
	check(t, file.Close())
	return file.Path()
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
