package panes

import (
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes"
)

func TestConnections(t *testing.T) {
	var c Connections
	c.Show(seedWindow())
	got := plain(&c, 60, 40)
	for _, want := range []string{
		"ceiling 97", "▲16:15:08", "active 87  idle 7  idle in tx 1", "IO:DataFileRead 63  CPU 24", "report-worker 94", "(10 clients, 8 to 10 each)",
		"reports_rw 94  jane 1", "orders 95", "pgmedic 3, not counted above",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

func TestConnectionsFew(t *testing.T) {
	s := seedSample(spikeBegan, 10)
	s.Ceiling.MaxConnections = 5000
	w := probes.NewWindow(time.Minute)
	w.Add(s, probes.Assessment{})
	var c Connections
	c.Show(w)
	if got := plain(&c, 60, 20); strings.Contains(got, "ceiling") || !strings.Contains(got, "12┤") {
		t.Errorf("ten of 5,000 connections do not show:\n%s", got)
	}
}

func TestConnectionsSayWhatIsHidden(t *testing.T) {
	s := seedSample(spikeBegan, 10)
	s.Failures = []probes.Failure{{Probe: "activity", Reason: "the state of 9 sessions is hidden from role dbre"}, {Probe: "statements", Reason: "elsewhere"}}
	w := probes.NewWindow(time.Minute)
	w.Add(s, probes.Assessment{})
	var c Connections
	c.Show(w)
	if got := plain(&c, 60, 20); !strings.Contains(got, "9 sessions is hidden") || strings.Contains(got, "elsewhere") {
		t.Errorf("got\n%s", got)
	}
}

// What this role may not see is not 0.
func TestConnectionsAllHidden(t *testing.T) {
	s := seedSample(spikeBegan, 10)
	for i := range s.Backends {
		if b := &s.Backends[i]; b.IsClient() {
			b.State, b.WaitType, b.WaitEvent = "", "", ""
		}
	}
	w := probes.NewWindow(time.Minute)
	w.Add(s, probes.Assessment{})
	var c Connections
	c.Show(w)
	if got := plain(&c, 60, 20); !strings.Contains(got, "not visible 10  active –  idle –  idle in tx –") || !strings.Contains(got, "waits   –") {
		t.Errorf("got\n%s", got)
	}
}

func TestClientsOf(t *testing.T) {
	for _, c := range []struct {
		counts map[string]int
		want   string
	}{
		{nil, ""}, {map[string]int{"a": 9}, ""}, {map[string]int{"a": 8, "b": 8}, "(2 clients × 8)"}, {map[string]int{"a": 8, "b": 3}, "(2 clients, 3 to 8 each)"},
	} {
		if got := clientsOf(c.counts); got != c.want {
			t.Errorf("%v: got %q, want %q", c.counts, got, c.want)
		}
	}
}

func TestChartSpanReachesBackToTheOnset(t *testing.T) {
	var counts []probes.Counts
	for i := range 3600 {
		counts = append(counts, probes.Counts{At: spikeBegan.Add(time.Duration(i) * time.Second)})
	}
	calm := probes.Assessment{}
	incident := probes.Assessment{Onset: spikeBegan.Add(1000 * time.Second)}
	for _, c := range []struct {
		counts []probes.Counts
		now    probes.Assessment
		want   time.Duration
	}{{counts[:1], calm, time.Minute}, {counts[:200], calm, 5 * time.Minute}, {counts, calm, 15 * time.Minute}, {counts, incident, time.Hour}} {
		if got := chartSpan(c.counts, c.now); got != c.want {
			t.Errorf("%d counts: got %v, want %v", len(c.counts), got, c.want)
		}
	}
}
