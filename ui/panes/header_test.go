package panes

import (
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/record"
)

func TestHeader(t *testing.T) {
	var h Header
	h.Show(seedWindow(), seedStatus())
	want := " pgmedic drill  orders@db-prod-1:5432  ● recording 14:32  PG 15.18 primary  probes wait 2.1 ms/s" + strings.Repeat(" ", 34) + "  16:16:30 UTC (18:16 CEST) "
	lines := strings.Split(plain(&h, 158, 2), "\n")
	if lines[0] != want {
		t.Errorf("got\n%q\nwant\n%q", lines[0], want)
	}
	for _, want := range []string{" connections 95 + 3 pgmedic of 97  100 % ███", "3 reserved for superusers", "baseline 10", "▲ ×9.5 since 16:15:08"} {
		if !strings.Contains(lines[1], want) {
			t.Errorf("no %q in %q", want, lines[1])
		}
	}
}

func TestHeaderSays(t *testing.T) {
	calm := probes.NewWindow(time.Minute)
	calm.Add(seedSample(spikeBegan, 10), probes.Assessment{Baseline: probes.Baseline{Median: 10, N: 5}})
	over := probes.NewWindow(time.Minute)
	over.Add(seedSample(spikeBegan, 10), probes.Assessment{
		Baseline: probes.Baseline{Median: 10, N: 100}, Onset: spikeBegan.Add(-time.Minute), Recovered: spikeBegan, Peak: 95,
	})
	limited := probes.NewWindow(time.Minute)
	shared := probes.NewWindow(time.Minute)
	for window, here := range map[*probes.Window]int{limited: 16, shared: 5} {
		s := seedSample(spikeBegan, 60)
		s.Ceiling.DatabaseLimit = 20
		for i := range s.Backends[here:60] {
			s.Backends[here+i].Database = "another"
		}
		window.Add(s, probes.Assessment{})
	}
	byRole := probes.NewWindow(time.Minute)
	ofRole := seedSample(spikeBegan, 60)
	ofRole.Ceiling.RoleLimits = []probes.RoleLimit{{Role: "app", Slots: 20}}
	for i := range ofRole.Backends[:60] {
		ofRole.Backends[i].User = []string{"app", "other", "another"}[i%3]
	}
	byRole.Add(ofRole, probes.Assessment{})
	spaced := probes.NewWindow(time.Minute)
	dear := seedSample(spikeBegan, 60)
	dear.Costs = []probes.ProbeCost{{Probe: "builds"}, {Probe: "statements", Every: 5 * time.Second, Spaced: true}}
	spaced.Add(dear, probes.Assessment{})
	spaced.Add(seedSample(spikeBegan.Add(time.Second), 60), probes.Assessment{}) // in which the statements were not read
	pooled, clear := probes.NewWindow(time.Minute), probes.NewWindow(time.Minute)
	for window, change := range map[*probes.Window]func(*probes.Server){
		pooled: func(s *probes.Server) { s.Pooler = probes.PoolTransaction },
		clear:  func(s *probes.Server) { s.TLS, s.InRecovery = false, true },
	} {
		s := seedSample(spikeBegan, 60)
		change(&s.Server)
		window.Add(s, probes.Assessment{})
	}
	back := probes.NewWindow(time.Minute)
	back.Add(seedSample(spikeBegan, 10), probes.Assessment{Baseline: probes.Baseline{Median: 10, N: 100}, Onset: spikeBegan.Add(-time.Minute), Peak: 95})
	for name, c := range map[string]struct {
		window *probes.Window
		status Status
		want   string
	}{
		"the database's own limit": {limited, Status{}, " this database 16 + 3 pgmedic of 20  95 % "},
		"both limits":              {limited, Status{}, "its own limit; server 63/97"},
		"a role's own limit":       {byRole, Status{}, " role app 20 of 20  100 % "},
		"a probe spaced out":       {spaced, Status{}, "/s, statements every 5 s"},
		"through a pooler":         {pooled, Status{}, "  pooler (transaction)"},
		"in clear text":            {clear, Status{}, "  not encrypted"},
		"a standby":                {clear, Status{}, " standby"},
		"clients of another":       {shared, Status{}, " connections 60 + 3 pgmedic of 97  65 % "},
		"before the first sample":  {nil, Status{Target: "orders@db-prod-1:5432"}, "connections –"},
		"too few for a baseline":   {calm, Status{}, "baseline: none yet (5 of 60 samples)"},
		"recovered":                {over, Status{}, "✓ recovered 16:15:08, peak 95"},
		"lost":                     {calm, Status{Lost: "connection lost", Recorded: true}, "✗ connection lost"},
		"back":                     {back, Status{}, "↓ back at 10, recovered once it stays for 30 s"},
		"frozen":                   {calm, Status{Frozen: true}, "frozen"},
		"building":                 {calm, Status{Applying: "building idx"}, "◆ building idx"},
		"not recorded":             {calm, Status{}, "○ not recorded"},
		"record broken":            {calm, Status{Recorded: true, RecordErr: "disk full"}, "✗ not recording: disk full"},
	} {
		var h Header
		h.Show(c.window, c.status)
		if got := plain(&h, 120, 2); !strings.Contains(got, c.want) {
			t.Errorf("%s: no %q in\n%s", name, c.want, got)
		}
	}
}

func TestHeaderWithoutBaselineHasNoFactor(t *testing.T) {
	w := probes.NewWindow(time.Minute)
	w.Add(seedSample(spikeBegan, 95), probes.Assessment{Baseline: probes.Baseline{Median: 10, N: 5}, Onset: spikeBegan})
	var h Header
	h.Show(w, Status{})
	if got := plain(&h, 158, 2); strings.Contains(got, "×") || !strings.Contains(got, "▲ since 16:15:08") {
		t.Errorf("got\n%s", got)
	}
}

// A connection that stays on the machine is not told to be in clear text, and what there is no room for gives way to what matters more.
func TestHeaderTellsHowItIsConnected(t *testing.T) {
	for _, c := range []struct {
		host  string
		width int
		told  bool
	}{{"db-prod-1", 80, true}, {"10.0.0.7", 120, true}, {"127.0.0.1", 120, false}, {"::1", 120, false}, {"localhost", 120, false}, {"/var/run/postgresql", 120, false}} {
		s := seedSample(spikeBegan, 10)
		s.Server.Host, s.Server.TLS, s.Server.InRecovery = c.host, false, true
		w := probes.NewWindow(time.Minute)
		w.Add(s, probes.Assessment{})
		var h Header
		status := seedStatus()
		status.Title = ""
		h.Show(w, status)
		if got := plain(&h, c.width, 2); strings.Contains(got, "not encrypted") != c.told && !strings.Contains(got, "no TLS") || !strings.Contains(got, "standby") {
			t.Errorf("%s at %d: got\n%s", c.host, c.width, got)
		}
	}
}

// Probes that are read more rarely are named; where there is no room they are counted.
func TestHeaderCountsProbesThatAreSpacedOut(t *testing.T) {
	s := seedSample(spikeBegan, 10)
	for _, probe := range []string{"statements", "databases", "replicas", "slots"} {
		s.Costs = append(s.Costs, probes.ProbeCost{Probe: probe, Every: 20 * time.Second, Spaced: true})
	}
	w := probes.NewWindow(time.Minute)
	w.Add(s, probes.Assessment{})
	var h Header
	h.Show(w, Status{Recorded: true})
	for width, want := range map[int]string{190: "statements every 20 s, databases every 20 s", 110: "/s, 4 spaced out"} {
		if got := plain(&h, width, 2); !strings.Contains(got, want) {
			t.Errorf("at %d no %q in\n%s", width, want, got)
		}
	}
}

// What is being applied is cut before it pushes the record out.
func TestHeaderSaysThatItRecordsWhileItBuilds(t *testing.T) {
	var h Header
	status := seedStatus()
	status.Applying = "index on reports.reports · building index: scanning table 42 %"
	h.Show(seedWindow(), status)
	for _, w := range []int{80, 158} {
		if got := plain(&h, w, 2); !strings.Contains(got, "● recording") || !strings.Contains(got, "◆ ind") {
			t.Errorf("got\n%s", got)
		}
	}
}

func TestHeaderSaysWhatTheProbesWaitFor(t *testing.T) {
	s := seedSample(spikeBegan, 10)
	s.Cost = 620 * time.Millisecond
	w := probes.NewWindow(time.Minute)
	w.Add(s, probes.Assessment{})
	var h Header
	h.Show(w, seedStatus())
	if got := plain(&h, 158, 2); !strings.Contains(got, "probes wait 0.6 s of each s") {
		t.Errorf("got\n%s", got)
	}
}

func TestTicker(t *testing.T) {
	var k Ticker
	k.Show(seedEvents(), nil)
	if got := strings.TrimRight(plain(&k, 70, 1), " "); got != " 16:15:48 ✎ support reports timeouts   16:16:28 ◆ plan captured" {
		t.Errorf("got %q", got)
	}
	k.Show([]record.Event{{Kind: record.Mark, At: spikeBegan, Title: "a title that is too long", Data: map[string]string{"mark": record.MarkOnset}}}, nil)
	if got := plain(&k, 20, 1); got != " 16:15:08 ▲ a title…" {
		t.Errorf("got %q", got)
	}
}
