package main

import (
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/playbooks/drill"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/ui"
	"github.com/pgmedic/pgmedic/ui/draw"
)

func TestDrillGuideFollowsTheStory(t *testing.T) {
	baseline := probes.Baseline{Median: 10, N: 60}
	calm := probes.Assessment{Baseline: baseline}
	spike := probes.Assessment{Baseline: baseline, Onset: time.Unix(100, 0)}
	over := probes.Assessment{Baseline: baseline, Onset: time.Unix(100, 0), Recovered: time.Unix(200, 0)}
	checkGuide(t, drillGuide(drill.Spike), []guided{
		{ui.Scene{Assessment: probes.Assessment{Baseline: probes.Baseline{N: 37}}}, "a spike comes once there is a baseline (37 of 60 samples)"},
		{ui.Scene{Assessment: calm}, "there is a baseline now: the spike comes"},
		{ui.Scene{Assessment: spike}, "the spike is on: e takes the statement's plan, d drafts an index"},
		{ui.Scene{Assessment: spike, Drafted: true, Word: "idx_a"}, "⏎ asks for the word that confirms: type idx_a to go ahead"},
		{ui.Scene{Assessment: spike, Applying: true}, "watch the connections come back"},
		{ui.Scene{Assessment: spike, Applied: true}, "watch the connections come back"},
		{ui.Scene{Assessment: over, Applied: true}, "recovered: x writes the report, q leaves"},
	})
	checkGuide(t, drillGuide(drill.Locks), []guided{
		{ui.Scene{Assessment: probes.Assessment{Baseline: probes.Baseline{N: 37}}}, "a pile-up comes once there is a baseline (37 of 60 samples)"},
		{ui.Scene{Assessment: calm}, "there is a baseline now: the pile-up comes"},
		{ui.Scene{Assessment: spike, Waiting: 60}, "60 sessions wait: 4 goes to the findings, ⏎ drafts the way out"},
		{ui.Scene{Assessment: spike, Waiting: 60, Drafted: true, Word: "4711"}, "⏎ asks for the word that confirms: type 4711 to go ahead"},
		{ui.Scene{Assessment: spike, Waiting: 60, Applying: true}, "watch the sessions go on"},
		{ui.Scene{Assessment: spike, Waiting: 60, Applied: true}, "watch the sessions go on"},
		{ui.Scene{Assessment: spike, Applied: true}, "nobody waits any more: x writes the report, q leaves"},
		{ui.Scene{Assessment: over}, "nobody waits any more: x writes the report, q leaves"},
	})
}

// guided is how far the drill is, and what the guide is to say then.
type guided struct {
	scene ui.Scene
	want  string
}

func checkGuide(t *testing.T, guide func(ui.Scene) string, cases []guided) {
	t.Helper()
	for _, c := range cases {
		got := guide(c.scene)
		if got != c.want {
			t.Errorf("%+v: got %q, want %q", c.scene, got, c.want)
		}
		if draw.Width(got) >= 78 {
			t.Errorf("%q does not fit a screen of 80 columns", got)
		}
	}
}
