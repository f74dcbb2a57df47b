package record

import (
	"reflect"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/record/recordtest"
)

// gathered is what Gather must tell as Samples does: everything but what it says it leaves out.
type gathered struct {
	At       time.Time
	Interval time.Duration
	Counts   probes.Counts
	Sessions []probes.Backend
	Deltas   []probes.StatementDelta
	Known    probes.Assessment
}

func gatherFrom(s *probes.Sample, a probes.Assessment) gathered {
	g := gathered{At: s.At, Interval: s.Interval, Counts: s.Counts(), Known: a}
	for _, b := range s.Backends {
		g.Sessions = append(g.Sessions, probes.Backend{PID: b.PID, Type: b.Type, DatabaseOID: b.DatabaseOID, UserOID: b.UserOID, Database: b.Database, User: b.User,
			Application: b.Application, Client: b.Client, State: b.State, WaitType: b.WaitType, WaitEvent: b.WaitEvent, QueryID: b.QueryID, Ours: b.Ours, Superuser: b.Superuser})
	}
	for _, d := range s.Statements.Deltas {
		g.Deltas = append(g.Deltas, probes.StatementDelta{StatementKey: d.StatementKey, Database: d.Database, User: d.User, Calls: d.Calls, ExecTime: d.ExecTime})
	}
	return g
}

// What is gathered is what Samples tells, over the ends of runs, over sessions that come and go, and over a seam between two tracks.
func TestGather(t *testing.T) {
	f := must[*File](t)(Create(t.TempDir(), "orders", start))
	other := must[*File](t)(Create(t.TempDir(), "orders", start))
	b := recordtest.NewBusy(start)
	for i := range 3 * runLength / 2 {
		s := b.Next()
		if i%7 == 0 {
			s.Backends, s.Statements.Deltas = s.Backends[5:50], nil
		}
		to := f
		if i > 30 && i < 40 || i > 70 {
			to = other
		}
		if err := to.AddSample(s, assessment()); err != nil {
			t.Fatal(err)
		}
	}
	path := t.TempDir() + "/both" + Extension
	must[[]Merged](t)(Merge(path, f.Path(), other.Path()))
	for _, path := range []string{f.Path(), other.Path(), path} {
		file := reopen(t, path)
		var want, got []gathered
		if err := file.Samples(func(s *probes.Sample, a probes.Assessment) bool { want = append(want, gatherFrom(s, a)); return true }); err != nil {
			t.Fatal(err)
		}
		if err := Gather(file, gatherFrom, func(g gathered) bool { got = append(got, g); return true }); err != nil {
			t.Fatal(err)
		}
		if len(want) == 0 || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %d samples gathered are not the %d that Samples tells", path, len(got), len(want))
		}
		n := 0
		if err := Gather(file, gatherFrom, func(gathered) bool { n++; return n < 3 }); err != nil || n != 3 {
			t.Errorf("stopped after %d samples, %v", n, err)
		}
	}
}
