package watch

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/record"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// noLeak fails the test if it leaves a goroutine behind.
func noLeak(t *testing.T) {
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, before) })
}

// tape is a source that plays ticks one after the other.
type tape []probes.Tick

func (t tape) Can() probes.Abilities { return probes.Abilities{} }

func (t tape) Stream(ctx context.Context) <-chan probes.Tick {
	ticks := make(chan probes.Tick)
	go func() {
		defer close(ticks)
		for _, tick := range t {
			select {
			case ticks <- tick:
			case <-ctx.Done():
				return
			}
		}
	}()
	return ticks
}

// spike is calm for two minutes, then an onset; every tenth sample brings a text.
func spike() tape {
	var ticks tape
	s := newStory(97)
	for i := range 130 {
		total := 10
		if i >= 120 {
			total = 90
		}
		sample := s.sample(total)
		if i%10 == 0 {
			sample.Statements.Texts = map[int64]string{int64(i): fmt.Sprintf("SELECT %d", i)}
		}
		ticks = append(ticks, probes.Tick{Sample: sample})
		s.at = s.at.Add(s.every)
	}
	return ticks
}

func trouble(state string, since time.Time) probes.Tick {
	return probes.Tick{Trouble: &probes.Trouble{At: since.Add(time.Second), Since: since, Attempts: 2,
		Doing: "connecting", Target: "dbre@db:5432/orders", Reason: "connection refused", SQLState: state}}
}

// names lists the events of updates by what they are.
func names(events []record.Event) string {
	all := ""
	for _, e := range events {
		all += e.Data["event"] + e.Data["mark"] + " "
	}
	return all
}

// brokenRecord panics with the third sample.
type brokenRecord int

func (r *brokenRecord) AddSample(*probes.Sample, probes.Assessment) error {
	if *r++; *r == 3 {
		panic("the record is broken")
	}
	return nil
}

func (r *brokenRecord) AddEvent(e record.Event) (record.Event, error) { return e, nil }

// A panic of the goroutine comes to the reader, who can make the terminal usable before it is shown.
func TestFollowHandsAPanicOver(t *testing.T) {
	noLeak(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var rec brokenRecord
	var last Update
	for last = range Follow(ctx, spike(), &rec) {
	}
	if last.Failed == nil || !strings.Contains(last.Failed.Error(), "the record is broken") || !strings.Contains(last.Failed.Error(), "AddSample") {
		t.Errorf("the last update is %+v: no panic, or not where it was", last)
	}
}

// A panic in the source is handed on too.
func TestFollowHandsTheSourcesPanicOver(t *testing.T) {
	noLeak(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	broken := errors.New("the source is broken")
	var last Update
	for last = range Follow(ctx, append(spike()[:3], probes.Tick{Failed: broken}), nil) {
	}
	if last.Failed != broken {
		t.Errorf("the last update is %+v", last)
	}
}

func TestFollowRecordsEverything(t *testing.T) {
	noLeak(t)
	rec, err := record.Create(t.TempDir(), "orders", start)
	if err != nil {
		t.Fatal(err)
	}
	defer rec.Close()
	var passed []record.Event
	for update := range Follow(t.Context(), spike(), rec) {
		if update.RecordErr != nil {
			t.Fatal(update.RecordErr)
		}
		passed = append(passed, update.Events...)
	}
	events, err := rec.Events()
	if err != nil {
		t.Fatal(err)
	}
	if want := "connected threshold onset "; names(passed) != want || len(events) != 3 {
		t.Errorf("events %q, %d in the record, want %q", names(passed), len(events), want)
	}
	for _, e := range passed {
		if e.ID == "" || e.RecordedAt.IsZero() {
			t.Errorf("not as stored: %+v", e)
		}
	}
	samples, peak := 0, 0
	err = rec.Samples(func(s *probes.Sample, a probes.Assessment) bool {
		samples, peak = samples+1, a.Peak
		return true
	})
	if err != nil || samples != 130 || peak != 90 {
		t.Errorf("%d samples, peak %d, %v", samples, peak, err)
	}
}

// played tells when all of a tape was taken.
type played struct {
	tape
	done chan struct{}
}

func (p played) Stream(ctx context.Context) <-chan probes.Tick {
	ticks := make(chan probes.Tick)
	go func() {
		defer close(ticks)
		for tick := range p.tape.Stream(ctx) {
			ticks <- tick
		}
		close(p.done)
	}()
	return ticks
}

func TestSlowReaderLosesSamplesOnly(t *testing.T) {
	noLeak(t)
	source := played{spike(), make(chan struct{})}
	updates := Follow(t.Context(), source, nil)
	<-source.done
	var all []Update
	for update := range updates {
		all = append(all, update)
	}
	if len(all) != 1 {
		t.Fatalf("%d updates, want the last one alone", len(all))
	}
	last := all[0]
	if want := "connected threshold onset "; names(last.Events) != want {
		t.Errorf("events %q, want %q", names(last.Events), want)
	}
	if n := len(last.Tick.Sample.Statements.Texts); n != 13 {
		t.Errorf("%d texts, want 13", n)
	}
	if last.Tick.Sample.Counts().Total != 90 || !last.Assessment.InIncident() {
		t.Errorf("not the newest sample: %+v", last.Assessment)
	}
	if n := len(source.tape[129].Sample.Statements.Texts); n != 0 {
		t.Errorf("a sample was changed: %d texts", n)
	}
}

func TestTextsOfDroppedSamplesComeOnce(t *testing.T) {
	var f follower
	ticks := spike()
	waiting := f.replace(nil, Update{Tick: ticks[0]})
	waiting = f.replace(waiting, Update{Tick: trouble("", start)})
	waiting = f.replace(waiting, Update{Tick: ticks[1]})
	if texts := waiting.Tick.Sample.Statements.Texts; len(texts) != 1 {
		t.Errorf("texts %v, want that of the dropped sample", texts)
	}
	f.texts = nil // the reader took it
	if texts := f.replace(nil, Update{Tick: ticks[2]}).Tick.Sample.Statements.Texts; len(texts) != 0 {
		t.Errorf("texts %v came twice", texts)
	}
}

func TestFollowTellsTroubles(t *testing.T) {
	noLeak(t)
	sample := func(second int) probes.Tick {
		s := newStory(97)
		s.at = start.Add(time.Duration(second) * time.Second)
		return probes.Tick{Sample: s.sample(10)}
	}
	source := tape{
		trouble("", start), trouble("", start), trouble("53300", start), sample(3), sample(4), sample(5),
		trouble("57P01", start.Add(6*time.Second)), trouble("57P01", start.Add(6*time.Second)), sample(30),
	}
	var events []record.Event
	for update := range Follow(t.Context(), source, nil) {
		events = append(events, update.Events...)
	}
	if want := "lost lost connected lost reconnected gap "; names(events) != want {
		t.Fatalf("events %q, want %q", names(events), want)
	}
	first, lost := events[0], events[3]
	if first.Title != "no connection to dbre@db:5432/orders, while connecting: connection refused" || first.Server != "dbre@db:5432/orders" {
		t.Errorf("first %+v", first)
	}
	if lost.Basis != record.LocalClock || !lost.At.Equal(start.Add(6*time.Second)) || lost.Data["sqlstate"] != "57P01" {
		t.Errorf("lost %+v", lost)
	}
	if lost.Server != events[2].Server {
		t.Errorf("lost %+v", lost)
	}
	if events[2].Title != "connected to db:5432/orders, PostgreSQL 15.18 primary, after 2 attempts in 1 s" {
		t.Errorf("connected %+v", events[2])
	}
}

// fullDisk refuses the first events.
type fullDisk struct {
	refuse int
	stored []record.Event
}

var errFull = errors.New("disk full")

func (d *fullDisk) AddSample(*probes.Sample, probes.Assessment) error { return nil }

func (d *fullDisk) AddEvent(e record.Event) (record.Event, error) {
	if d.refuse > 0 {
		d.refuse--
		return e, errFull
	}
	d.stored = append(d.stored, e)
	return e, nil
}

func TestFullDisk(t *testing.T) {
	noLeak(t)
	for _, c := range []struct {
		refuse int
		stored string
		err    error
	}{
		{5, "connected threshold onset ", nil}, // stored later, in their order
		{1000, "", errFull},                    // shown all the same
	} {
		disk := &fullDisk{refuse: c.refuse}
		var last Update
		var events []record.Event
		for last = range Follow(t.Context(), spike(), disk) {
			events = append(events, last.Events...)
		}
		if want := "connected threshold onset "; names(events) != want || names(disk.stored) != c.stored || !errors.Is(last.RecordErr, c.err) {
			t.Errorf("shown %q, stored %q and told %v, want stored %q and %v", names(events), names(disk.stored), last.RecordErr, c.stored, c.err)
		}
	}
}

func TestFollowEndsWithoutReader(t *testing.T) {
	noLeak(t)
	ctx, cancel := context.WithCancel(t.Context())
	source := played{spike(), make(chan struct{})}
	updates := Follow(ctx, source, nil)
	<-source.done // an update waits for a reader now
	cancel()
	for range updates { // closed, with or without the one that waited
	}
}
