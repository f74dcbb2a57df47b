package main

import (
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/ui"
	"github.com/pgmedic/pgmedic/ui/draw"
)

func TestDrillGuideFollowsTheStory(t *testing.T) {
	baseline := probes.Baseline{Median: 10, N: 60}
	calm := probes.Assessment{Baseline: baseline}
	spike := probes.Assessment{Baseline: baseline, Onset: time.Unix(100, 0)}
	over := probes.Assessment{Baseline: baseline, Onset: time.Unix(100, 0), Recovered: time.Unix(200, 0)}
	for _, c := range []struct {
		scene ui.Scene
		want  string
	}{
		{ui.Scene{Assessment: probes.Assessment{Baseline: probes.Baseline{N: 37}}}, "a spike comes once there is a baseline (37 of 60 samples)"},
		{ui.Scene{Assessment: calm}, "there is a baseline now: the spike comes"},
		{ui.Scene{Assessment: spike}, "the spike is on: e takes the statement's plan, d drafts an index"},
		{ui.Scene{Assessment: spike, Drafted: true}, "⏎ asks for the index's name: type it to build the index"},
		{ui.Scene{Assessment: spike, Applying: true}, "watch the connections come back"},
		{ui.Scene{Assessment: spike, Applied: true}, "watch the connections come back"},
		{ui.Scene{Assessment: over, Applied: true}, "recovered: x writes the report, q leaves"},
	} {
		got := drillGuide(c.scene)
		if got != c.want {
			t.Errorf("%+v: got %q, want %q", c.scene, got, c.want)
		}
		if draw.Width(got) >= 78 {
			t.Errorf("%q does not fit a screen of 80 columns", got)
		}
	}
}
