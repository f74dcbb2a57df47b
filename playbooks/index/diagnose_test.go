package index

import (
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

const dedup = "SELECT … FROM reports.reports WHERE user_id = $1 AND completed_at IS NULL"

// sample has held connections that run statement 1 and others that are idle; statement 1 has taken load seconds a second, statement 2 one tenth.
func sample(held, idle int, load float64, text string) *probes.Sample {
	s := &probes.Sample{At: noon, Ceiling: probes.Ceiling{MaxConnections: 100, SuperuserReserved: 3, DatabaseLimit: -1}}
	for i := range held + idle {
		b := probes.Backend{PID: int32(i + 1), Type: "client backend", State: "idle", UserOID: 10, DatabaseOID: 5}
		if i < held {
			b.State, b.QueryID = "active", 1
		}
		s.Backends = append(s.Backends, b)
	}
	delta := func(id int64, load float64) probes.StatementDelta {
		return probes.StatementDelta{StatementKey: probes.StatementKey{DatabaseOID: 5, UserOID: 10, QueryID: id, TopLevel: true},
			Calls: 10, ExecTime: time.Duration(load * float64(time.Second))}
	}
	s.Statements = probes.Statements{Known: true, Since: noon.Add(-time.Second), Deltas: []probes.StatementDelta{delta(1, load), delta(2, load/10)},
		Texts: map[int64]string{1: text}}
	return s
}

// waiting lets so many of the sample's connections that run a statement wait for a lock.
func waiting(s *probes.Sample, n int) *probes.Sample {
	for i := range n {
		s.Backends[i].WaitType = "Lock"
	}
	return s
}

func diagnosed(s *probes.Sample, a probes.Assessment) []playbooks.Finding {
	w := probes.NewWindow(time.Minute)
	w.Add(s, a)
	return New().Diagnose(w)
}

func TestDiagnose(t *testing.T) {
	incident := probes.Assessment{Onset: noon}
	for name, c := range map[string]struct {
		sample *probes.Sample
		now    probes.Assessment
		want   []string // severity, playbook, part of the title
	}{
		"calm":              {sample(1, 9, 0.5, dedup), probes.Assessment{}, nil},
		"half, but calm":    {sample(6, 4, 0.5, dedup), probes.Assessment{}, nil},
		"half, in incident": {sample(6, 4, 0.5, dedup), incident, []string{"2 index 6 of 10 connections run one statement (SELECT … FROM reports.reports"}},
		"full":              {sample(84, 11, 83.9, dedup), probes.Assessment{}, []string{"2 index 84 of 95 connections run one statement"}},
		"locked":            {waiting(sample(60, 35, 0, dedup), 40), incident, []string{"1  60 of 95 connections run one statement (SELECT … FROM reports.reports WHERE user_id = $1 AND comple…); 40 of them wait for a lock"}},
		"few of them wait":  {waiting(sample(60, 35, 0, dedup), 20), incident, []string{"2 index 60 of 95 connections run one statement"}},
		"load":              {sample(0, 10, 4, dedup), probes.Assessment{}, []string{"1 index one statement kept 4.0 connections busy over the last 1 s, 91 % of all load"}},
		"insert":            {sample(6, 4, 0.5, "INSERT INTO t VALUES ($1)"), incident, []string{"2  6 of 10 connections run one statement (INSERT"}},
		"unknown text":      {sample(6, 4, 0.5, ""), incident, []string{"2  6 of 10 connections run one statement (its text is not known yet)"}},
	} {
		found := diagnosed(c.sample, c.now)
		if len(found) != len(c.want) {
			t.Errorf("%s: found %+v", name, found)
			continue
		}
		for i, f := range found {
			if got := string(rune('0'+f.Severity)) + " " + f.Playbook + " " + f.Title; !strings.HasPrefix(got, c.want[i]) {
				t.Errorf("%s: got %q, want %q", name, got, c.want[i])
			}
			if (f.Playbook == "") != (f.Action == "") {
				t.Errorf("%s: action %q of playbook %q", name, f.Action, f.Playbook)
			}
		}
	}
	if found := New().Diagnose(probes.NewWindow(time.Minute)); found != nil {
		t.Error("found something before the first sample:", found)
	}
}
