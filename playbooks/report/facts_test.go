package report

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/record"
)

// Every figure here was worked out by hand from the fixture.
func TestFactsOfTheRehearsedIncident(t *testing.T) {
	facts := factsOf(rehearsed(t))
	dedup := queryName(dedupID)
	cases := []struct {
		kind, subject string
		from, to      time.Time
		value         float64
		n             int64
	}{
		{kindPeak, "", onset.Add(5 * time.Second), onset.Add(5 * time.Second), 95, 51},
		{kindCeiling, "", onset.Add(5 * time.Second), onset.Add(5 * time.Second), 97, 0},
		{kindPeakShare, "", onset.Add(5 * time.Second), onset.Add(5 * time.Second), 9600.0 / 97, 1}, // with pgmedic's own,
		{kindBaseline, "", begin, onset.Add(-time.Second), 12, 110},
		{kindDuration, "", onset, recovered, 50, 51},
		{kindAbove, "80 %", onset, recovered, 40, 51},
		{kindAbove, "95 %", onset, recovered, 39, 51},
		{kindAfter, "", recovered, end, 12, 41},
		{kindHeld, dedup, onset.Add(5 * time.Second), onset.Add(5 * time.Second), 84, 1},
		{kindHeldShare, dedup, onset.Add(5 * time.Second), onset.Add(5 * time.Second), 8400.0 / 95, 95},
		{kindCalls, dedup, begin, onset.Add(-time.Second), 1190, 112},
		{kindMean, dedup, begin, onset.Add(-time.Second), 8, 1190},
		{kindCalls, dedup, onset, buildFrom, 300, 30},
		{kindRate, dedup, onset, buildFrom, 10, 300},
		{kindMean, dedup, onset, buildFrom, 8000, 300},
		{kindLoad, dedup, onset, buildFrom, 80, 300},
		{kindHeldMean, dedup, onset, buildFrom, 2384.0 / 31, 31},
		{kindLittle, dedup, onset, buildFrom, 80 * 31 / 2384.0, 300},
		{kindMean, dedup, recovered, end, 8, 400},
		{kindErrors, "53300", onset.Add(12 * time.Second), onset.Add(13 * time.Second), 42, 2},
		{kindBuild, "idx_reports_user_id_3f9a", buildFrom, buildTo, 14, 1},
		{kindPhase, "idx_reports_user_id_3f9a: building index: scanning table", buildFrom, buildTo, 9, 1},
		{kindRowsRead, "whale", begin.Add(40 * time.Second), begin.Add(40 * time.Second), 30000, 1},
		{kindRowsRead, "whale", recovered.Add(20 * time.Second), recovered.Add(20 * time.Second), 405, 1},
		{kindRowsRatio, "whale", begin.Add(40 * time.Second), recovered.Add(20 * time.Second), 30000.0 / 405, 1},
		{kindRowsRatio, "small", begin.Add(41 * time.Second), recovered.Add(21 * time.Second), 400, 1},
	}
	for _, c := range cases {
		f := facts.findAt(c.kind, c.subject, c.from, c.to)
		if f == nil {
			t.Errorf("%s of %q %s: not there", c.kind, c.subject, window(c.from, c.to))
			continue
		}
		if math.Abs(f.Value-c.value) > 1e-9 || f.N != c.n {
			t.Errorf("%s of %q %s = %v (n %d), want %v (n %d)", c.kind, c.subject, window(c.from, c.to), f.Value, f.N, c.value, c.n)
		}
	}
}

func TestEveryFactSaysWhatItIs(t *testing.T) {
	facts := factsOf(rehearsed(t))
	for _, f := range facts.facts {
		if f.ID == "" || f.Unit == "" || f.Method == "" || f.Source == "" || f.Status == "" || f.From.IsZero() || f.To.IsZero() {
			t.Errorf("a fact that does not say what it is: %+v", f)
		}
	}
	if len(facts.known) != len(facts.facts) {
		t.Errorf("%d ids for %d facts", len(facts.known), len(facts.facts))
	}
}

// The execution time is not divided where one plan came from shared buffers and the other did not, nor across the spike's edge.
func TestRatiosOnlyOfLikeWithLike(t *testing.T) {
	in := rehearsed(t)
	if f := factsOf(in).find(kindTimeRatio, "whale"); f != nil {
		t.Errorf("27 blocks were read before and none after, yet the times were divided: %+v", f)
	}
	before, after := storedPlan(t, "small_before", "small", begin), storedPlan(t, "small_after", "small", end)
	before.Plan.Root.BlocksRead = 0
	if got := in.timesUnlike(comparison{Before: &before, After: &after}); got != "" {
		t.Errorf("both from shared buffers, both outside the spike, yet: %s", got)
	}
	before.Plan.Origin.TakenAt = onset.Add(time.Second)
	if got := in.timesUnlike(comparison{Before: &before, After: &after}); got != "one in the spike, one outside" {
		t.Errorf("one within the spike: %q", got)
	}
	before = storedPlan(t, "small_before", "small", begin)
	cases := []struct {
		name   string
		change func(*plan.Origin)
		want   string
	}{
		{"alike", func(*plan.Origin) {}, ""},
		{"statement", func(o *plan.Origin) { o.QueryID = 1 }, "another statement"},
		{"server", func(o *plan.Origin) { o.SystemIdentifier = "1" }, "another server or database"},
		{"method", func(o *plan.Origin) { o.Analyzed = false }, "one with ANALYZE, one without"},
		{"values", func(o *plan.Origin) { o.Values = "others" }, "other parameter values"},
		{"values not known", func(o *plan.Origin) { o.Values = "" }, "not known whether the parameter values are the same"},
	}
	for _, c := range cases {
		after := storedPlan(t, "small_after", "small", end)
		c.change(&after.Plan.Origin)
		if got := (comparison{Before: &before, After: &after}).unlike(); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	if got := (comparison{Before: &before}).unlike(); got != "no plan was taken after" {
		t.Errorf("without a plan after: %q", got)
	}
}

// A plan's load is what the samples on both sides of it saw: just before a queue drains, the sample before says nothing of the load it met.
func TestLoadAroundAPlan(t *testing.T) {
	at := begin.Add(time.Minute)
	sampled := func(seconds float64, active int) moment {
		var m moment
		m.At, m.Counts.Active = at.Add(time.Duration(seconds*float64(time.Second))), active
		return m
	}
	in := &incident{moments: []moment{sampled(-60, 80), sampled(-59, 80), sampled(-1, 90), sampled(1, 2)}}
	if got := in.loadsUnlike(at.Add(-59500*time.Millisecond), at); got != "80 active connections then, 2 to 90 afterwards" {
		t.Errorf("a queue that drained: %q", got)
	}
	if got := in.loadsUnlike(at.Add(-59500*time.Millisecond), at.Add(-59*time.Second)); got != "" {
		t.Errorf("the same load: %q", got)
	}
	if got := in.loadsUnlike(at.Add(-30*time.Second), at); got != "the load at one of them is not known" {
		t.Errorf("in a gap: %q", got)
	}
	if got, ok := in.activeAround(at.Add(2 * time.Second)); !ok || got != (activeSpan{2, 2}) {
		t.Errorf("behind the last sample: %v, %v", got, ok)
	}
}

// Plans of two statements are two comparisons, although both were made for the heavy hitter.
func TestPlansOfTwoStatementsAreNotMixed(t *testing.T) {
	in := rehearsed(t)
	other := storedPlan(t, "small_after", "whale", end)
	other.Plan.Origin.QueryID = insertID
	in.plans = append(in.plans, other)
	var names []string
	for _, c := range in.comparisons() {
		names = append(names, c.Pattern)
	}
	want := []string{"whale, query id 7001", "small, query id 7001", "whale, query id -42"}
	if !slices.Equal(names, want) {
		t.Errorf("comparisons %q, want %q", names, want)
	}
}

// Of several spikes the report is about the highest, and time without samples is never time above a threshold.
func TestTheHighestSpikeAndGaps(t *testing.T) {
	in := rehearsed(t)
	if got := in.gaps(); len(got) != 1 || got[0].To.Sub(got[0].From) != 8*time.Second {
		t.Errorf("gaps %v, want one of 8 s", got)
	}
	early := onset.Add(-100 * time.Second)
	extra := []record.Event{
		{ID: "a", Kind: record.Mark, At: early, Data: map[string]string{"mark": record.MarkOnset}},
		{ID: "b", Kind: record.Mark, At: early.Add(90 * time.Second), Data: map[string]string{"mark": record.MarkRecovered}},
	}
	list, assessed := samples()
	two := gather(t, &incident{events: append(extra, events()...)}, list, assessed)
	if !two.spike.Onset.Equal(onset) || len(two.others) != 1 {
		t.Errorf("the report is about the spike of %v, with %d others", two.spike.Onset, len(two.others))
	}
	for _, s := range list {
		if s.At.Before(onset) {
			for i := range 90 {
				s.Backends = append(s.Backends, probes.Backend{PID: int32(1000 + i), Type: "client backend", State: "idle"})
			}
		}
	}
	full := gather(t, &incident{}, list, assessed)
	l := factsOf(full)
	// 120 calm seconds at 102 connections, 8 of them without samples; 40 s of the spike.
	if f := l.find(kindAbove, "80 %"); f == nil || f.Value != 120-8+40 {
		t.Errorf("time above 80 %%: %+v", f)
	}
}

// Clients of other databases are not held against this database's own limit.
func TestTheDatabasesOwnLimit(t *testing.T) {
	list, assessed := samples()
	for _, s := range list {
		s.Ceiling.DatabaseLimit = 20
		here := 0
		for i := range s.Backends { // 19 at most are of this database, but only in the spike
			if b := &s.Backends[i]; b.IsClient() {
				if here++; here > 19 || s.At.Before(onset) {
					b.Database = "other"
				}
			}
		}
	}
	l := factsOf(gather(t, &incident{events: events()}, list, assessed))
	for _, want := range []struct {
		kind, subject string
		value         float64
	}{{kindPeak, "", 95}, {kindPeakShare, "", 100 * 96.0 / 97}, {kindCeiling, "", 97}, {kindAbove, "95 %", 50}} {
		if f := l.find(want.kind, want.subject); f == nil || math.Abs(f.Value-want.value) > 1e-9 {
			t.Errorf("%s: %+v, want %v", want.kind, f, want.value)
		}
	}
	for _, s := range list {
		s.Ceiling.MaxConnections = 1000
	}
	in := gather(t, &incident{events: events()}, list, assessed)
	l = factsOf(in)
	if f := l.find(kindPeakShare, ""); f == nil || f.Value != 95 {
		t.Errorf("share %+v, want 19 of 20", f)
	}
	if f := l.find(kindCeiling, ""); f == nil || f.Value != 20 {
		t.Errorf("ceiling %+v, want the database's own", f)
	}
	w := &writer{in: in, facts: l}
	if got := string(w.spikeSentence()); !strings.Contains(got, "of the database's own limit of") {
		t.Errorf("the report says %q", got)
	}
	for _, s := range list {
		s.Ceiling.RoleLimits = []probes.RoleLimit{{Role: "app_[x]", Slots: 10}}
		for i := range 10 {
			s.Backends[i].User = "app_[x]"
		}
	}
	in = gather(t, &incident{events: events()}, list, assessed)
	l = factsOf(in)
	if f := l.find(kindCeiling, ""); f == nil || f.Value != 10 || !strings.Contains(f.Method, "role app_[x]'s connection limit 10") {
		t.Errorf("ceiling %+v, want the role's", f)
	}
	w = &writer{in: in, facts: l}
	if got := string(w.spikeSentence()); !strings.Contains(got, `of role app\_\[x\]'s own limit of`) {
		t.Errorf("the report says %q", got)
	}
}

// One median for the baseline and for what came after: the mean of the middle two.
func TestAfterIsTheMedian(t *testing.T) {
	in := &incident{moments: []moment{{At: begin, Counts: probes.Counts{Total: 10}}, {At: begin.Add(time.Second), Counts: probes.Counts{Total: 13}}}}
	l := &ledger{known: map[string]bool{}}
	l.addAfter(in, begin)
	if f := l.find(kindAfter, ""); f == nil || f.Value != 11.5 || f.N != 2 {
		t.Errorf("after %+v, want 11.5", f)
	}
}
