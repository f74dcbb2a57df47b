package apply

import (
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
)

// A rate is that of the last looks, of one phase alone; what waits has none.
func TestRateAndTimeLeft(t *testing.T) {
	var m meter
	const scan = "building index: scanning table"
	for i, r := range []reading{{100, 0}, {101, 500}, {102, 1000}} {
		rate, left := m.add(scan, "blocks", r, 10_000)
		if i == 0 && (rate != 0 || left != 0) || i > 0 && (rate != 500 || left != time.Duration(20-i)*time.Second) {
			t.Errorf("reading %d: %v a second, %v left", i, rate, left)
		}
	}
	for i := range 40 { // it goes on four times as fast
		m.add(scan, "blocks", reading{103 + float64(i), 1000 + 2000*float64(i)}, 1e6)
	}
	if rate, _ := m.add(scan, "blocks", reading{143, 81_000}, 1e6); rate < 1990 || rate > 2010 {
		t.Errorf("what is long ago counts still: %v a second", rate)
	}
	if rate, left := m.add("waiting for writers before validation", "lockers", reading{144, 1}, 2); rate != 0 || left != 0 {
		t.Errorf("waiting goes at %v a second, %v left", rate, left)
	}
}

// traces are builds as they were measured on PostgreSQL 15, on two cores: seconds of each phase, and whether the server counts how far it is. Five clients that keep
// the cores busy make a build five times as long.
var traces = []struct {
	name, method string
	phases       []trace
}{
	{"two integers, idle", "btree", btreePhases(1.8, 0.82, 0.68, 0.4, 0.7, 0.3)},
	{"two integers, busy", "btree", btreePhases(10.9, 2.31, 1.79, 0.8, 1.7, 1.31)},
	{"text, idle", "btree", btreePhases(6.39, 0.71, 0.89, 0.2, 0.5, 0.2)},
	{"text, busy", "btree", btreePhases(29.28, 5.6, 4.09, 1.41, 1.49, 1.81)},
	{"trigrams", "gin", []trace{{phaseBuild, 28.29, true}, {phaseValidateIndex, 7.4, false}, {phaseValidateSort, 0.4, false}, {phaseValidateTable, 3.61, true}}},
	{"trigrams in more memory", "gin", []trace{{phaseBuild, 25.19, true}, {phaseValidateIndex, 4.6, false}, {phaseValidateSort, 2, false}, {phaseValidateTable, 3.6, true}}},
	{"words, busy", "gin", []trace{{phaseBuild, 36.37, true}, {phaseValidateIndex, 0.5, false}, {phaseValidateSort, 1.1, false}, {phaseValidateTable, 0.69, true}}},
	{"ranges", "gist", []trace{{phaseBuild, 9.9, true}}},
}

type trace struct {
	phase   string
	took    float64
	counted bool
}

func btreePhases(scan, sort, load, index, sortAgain, table float64) []trace {
	return []trace{{scanning, scan, true}, {"building index: sorting live tuples", sort, false}, {"building index: loading tuples in tree", load, true},
		{phaseValidateIndex, index, true}, {phaseValidateSort, sortAgain, false}, {phaseValidateTable, table, true}}
}

// The time left that is said at any second of a measured build is at most 2.5 times what it took then, and no less than that part of it, give or take four seconds; also
// where the build was found in the middle.
func TestTimeLeftOfTheWhole(t *testing.T) {
	for _, c := range traces {
		all := 0.0
		for _, p := range c.phases {
			all += p.took
		}
		for _, from := range []float64{0, all * 0.3} {
			var m meter
			said := 0
			for at := from; at < all; at++ {
				began := 0.0
				p := c.phases[0]
				for _, p = range c.phases {
					if at < began+p.took {
						break
					}
					began += p.took
				}
				progress := playbooks.Progress{Phase: p.phase, Unit: "blocks"}
				if p.counted {
					progress.Done, progress.Total = 1e6*(at-began)/p.took, 1e6
				}
				progress.Rate, progress.Left = m.add(p.phase, "blocks", reading{at, progress.Done}, progress.Total)
				left, real := m.whole(c.method, progress, at).Seconds(), all-at
				if left > 0 {
					said++
				}
				if left > 0 && (left > 2.5*real+4 || left < real/2.5-4) {
					t.Errorf("%s, from %.0f s on: at %.0f s in %q %.1f s are said, %.1f s it takes", c.name, from, at, p.phase, left, real)
				}
			}
			if said < int(all-from)/2 {
				t.Errorf("%s, from %.0f s on: it is said %d times only", c.name, from, said)
			}
		}
	}
}

// Nothing is said of what waits, of a phase that is not known, and of a phase that has no rate yet.
func TestTimeLeftNotKnown(t *testing.T) {
	for _, phase := range []string{"waiting for old snapshots", "a phase of a later version", scanning} {
		var m meter
		if left := m.whole("btree", playbooks.Progress{Phase: phase, Done: 10, Total: 100}, 5); left != 0 {
			t.Errorf("%s: %v", phase, left)
		}
	}
}

// The statements that are still to come take as much longer than was estimated as the one that runs does.
func TestTimeLeftOfFurtherStatements(t *testing.T) {
	w := &work{steps: []Step{{kind: stepCreate, expected: 10 * time.Second}, {kind: stepCreate, expected: 4 * time.Second}, {kind: stepAttach}}}
	w.meter.add(scanning, "blocks", reading{100, 0}, 1000)
	w.meter.add(scanning, "blocks", reading{120, 400}, 1000)
	p := playbooks.Progress{LeftAll: 30 * time.Second}
	if w.count(&p, 0); p.LeftAll != 50*time.Second || p.Step != 1 || p.Steps != 3 {
		t.Errorf("of a build that takes five times as long: %+v", p)
	}
	w.steps[1].expected = 0
	p = playbooks.Progress{LeftAll: 30 * time.Second}
	if w.count(&p, 0); p.LeftAll != 0 {
		t.Errorf("what is not known of one is known of all: %+v", p)
	}
}

func TestStatementsEndOnce(t *testing.T) {
	s := session{PID: 7, State: "idle in transaction", Query: "UPDATE t SET a = 1 WHERE id = 2;  ", Application: "shop"}
	if words := s.String() + "; " + s.remedy(); strings.Contains(words, ";;") || !strings.Contains(words, "id = $2; ask shop") {
		t.Error(words)
	}
}
