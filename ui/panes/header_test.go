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
	for _, want := range []string{" connections 95 + 3 ours of 97  100 % ███", "3 reserved for superusers", "baseline 10", "▲ ×9.5 since 16:15:08"} {
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
	for window, here := range map[*probes.Window]int{limited: 18, shared: 5} {
		s := seedSample(spikeBegan, 60)
		s.Ceiling.DatabaseLimit = 20
		for i := range s.Backends[here:60] {
			s.Backends[here+i].Database = "another"
		}
		window.Add(s, probes.Assessment{})
	}
	back := probes.NewWindow(time.Minute)
	back.Add(seedSample(spikeBegan, 10), probes.Assessment{Baseline: probes.Baseline{Median: 10, N: 100}, Onset: spikeBegan.Add(-time.Minute), Peak: 95})
	for name, c := range map[string]struct {
		window *probes.Window
		status Status
		want   string
	}{
		"the database's own limit": {limited, Status{}, " this database 18 + 3 ours of 20  100 % "},
		"both limits":              {limited, Status{}, "its own limit; server 60/97"},
		"clients of another":       {shared, Status{}, " connections 60 + 3 ours of 97  65 % "},
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
