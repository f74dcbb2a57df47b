package replay

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/probes/watch"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var start = time.Date(2026, 3, 10, 16, 0, 0, 0, time.UTC)

var key = probes.StatementKey{DatabaseOID: 1, UserOID: 2, QueryID: 42, TopLevel: true}

// sampleAt is second i of a server that is calm for two minutes, then full.
func sampleAt(i int) *probes.Sample {
	at := start.Add(time.Duration(i) * time.Second)
	clients, mean := 10+i%3, time.Millisecond
	if i >= 120 {
		clients, mean = 90, 50*time.Millisecond
	}
	s := &probes.Sample{
		At: at, Interval: time.Second, Ceiling: probes.Ceiling{MaxConnections: 100, SuperuserReserved: 3, DatabaseLimit: -1},
		Server: probes.Server{SystemIdentifier: "7", Timeline: 1, Host: "db", Port: 5432, Database: "orders", Version: 150018, VersionText: "15.18"},
		Statements: probes.Statements{Known: true, Since: at.Add(-time.Second), Deltas: []probes.StatementDelta{{
			StatementKey: key, Database: "orders", User: "app", Calls: 9, ExecTime: 9 * mean,
			TotalCalls: int64(9 * (i + 1)), TotalExecTime: time.Duration(i) * mean,
		}}},
	}
	if i == 0 { // the first sample of a connection: settings are read rarely, a text comes once
		s.Interval = 0
		s.Settings = []probes.Setting{{Name: "max_connections", Value: "100"}}
		s.Statements.Texts = map[int64]string{42: "SELECT $1"}
	}
	for pid := range clients {
		s.Backends = append(s.Backends, probes.Backend{PID: int32(pid + 1), Type: "client backend", State: "active", DatabaseOID: 1, UserOID: 2,
			Database: "orders", User: "app", QueryID: 42, BackendStart: start})
	}
	return s
}

// recorder writes samples as the workbench does.
type recorder struct {
	file    *record.File
	watcher *watch.Watcher
}

func newRecorder(tb testing.TB) *recorder {
	tb.Helper()
	file, err := record.Create(tb.TempDir(), "orders", start)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = file.Close() })
	return &recorder{file, watch.NewWatcher()}
}

func (r *recorder) add(tb testing.TB, samples ...*probes.Sample) {
	tb.Helper()
	for _, s := range samples {
		a, _ := r.watcher.Step(s)
		if err := r.file.AddSample(s, a); err != nil {
			tb.Fatal(err)
		}
	}
}

func (r *recorder) seconds(tb testing.TB, from, to int) {
	tb.Helper()
	for i := from; i < to; i++ {
		r.add(tb, sampleAt(i))
	}
}

// deck is a player whose clock the test moves; it takes no move by itself.
type deck struct {
	*Player
	now time.Time
}

func open(tb testing.TB, file *record.File) *deck {
	tb.Helper()
	d := &deck{now: start.Add(48 * time.Hour)}
	p, err := Open(file, Clock{Now: func() time.Time { return d.now }})
	if err != nil {
		tb.Fatal(err)
	}
	d.Player = p
	return d
}

// take is the next move; the test fails where there is nothing to tell.
func (d *deck) take(tb testing.TB) Move {
	tb.Helper()
	m, moved := d.move()
	if !moved || m.Err != nil {
		tb.Fatalf("moved %v, %v", moved, m.Err)
	}
	return m
}

func (d *deck) pass(passed time.Duration) { d.now = d.now.Add(passed) }

// secondsOf are the samples' times.
func secondsOf(samples []Recorded) string {
	var list []string
	for _, r := range samples {
		list = append(list, fmt.Sprint(int(r.Sample.At.Sub(start).Seconds())))
	}
	return strings.Join(list, " ")
}

func wantAt(tb testing.TB, m Move, seconds float64) {
	tb.Helper()
	if got := m.At.Sub(start).Seconds(); got != seconds {
		tb.Errorf("the position is second %v, want %v", got, seconds)
	}
}

// After a jump everything is shown as it was: by statements and their baselines, by connections, by what is read rarely.
func TestASeekShowsWhatWasShown(t *testing.T) {
	r := newRecorder(t)
	watcher, live := watch.NewWatcher(), probes.NewWindow(5*time.Minute)
	for i := range 200 {
		s := sampleAt(i)
		a, _ := watcher.Step(s)
		live.Add(s, a)
		r.add(t, s)
	}
	r.seconds(t, 200, 400)
	d := open(t, r.file)
	d.take(t)
	d.readIndex(t.Context())
	d.Seek(start.Add(199*time.Second + 500*time.Millisecond))
	m := d.take(t)
	if m.Reading || m.Window == nil {
		t.Fatalf("the move is %+v", m.State)
	}
	if got, want := m.Window.Statements(), live.Statements(); !reflect.DeepEqual(got, want) {
		t.Errorf("the statements are\n%+v, they were\n%+v", got, want)
	}
	if base := m.Window.Statements()[0]; base.BaseOf != probes.BaseRecord || base.BaseMean != time.Millisecond || base.Text != "SELECT $1" {
		t.Errorf("the statement's baseline is %+v", base)
	}
	if got, want := m.Window.Current().Settings, live.Current().Settings; !reflect.DeepEqual(got, want) || len(want) == 0 {
		t.Errorf("the settings are %v, they were %v", got, want)
	}
	if got, want := m.Window.ReadAt("settings"), live.ReadAt("settings"); !got.Equal(want) {
		t.Errorf("the settings were read at %s, not at %s", want, got)
	}
	got, want := m.Window.Assessment(), live.Assessment()
	if got.Onset != want.Onset || got.Baseline != want.Baseline || got.Peak != want.Peak || want.Onset.IsZero() {
		t.Errorf("the assessment is %+v, it was %+v", got, want)
	}
	var then, now []int
	for _, c := range live.Counts() {
		then = append(then, c.Total)
	}
	for _, c := range m.Window.Counts() {
		now = append(now, c.Total)
	}
	if !slices.Equal(now, then) {
		t.Errorf("the curve is %v, it was %v", now, then)
	}
}

// Nothing that came later is shown before it happened.
func TestNothingOfTheFuture(t *testing.T) {
	r := newRecorder(t)
	r.seconds(t, 0, 200)
	d := open(t, r.file)
	d.readIndex(t.Context())
	d.Seek(start.Add(100 * time.Second))
	w := d.take(t).Window
	if last := w.Counts()[len(w.Counts())-1]; !last.At.Equal(start.Add(100*time.Second)) || w.Assessment().InIncident() {
		t.Errorf("the window ends at %s with %+v", last.At, w.Assessment())
	}
}

func TestPlaying(t *testing.T) {
	r := newRecorder(t)
	r.seconds(t, 0, 100)
	d := open(t, r.file)
	d.take(t)
	if m, moved := d.move(); moved {
		t.Errorf("it stands, and tells %+v", m)
	}
	d.Toggle()
	d.take(t)
	d.pass(2500 * time.Millisecond)
	m := d.take(t)
	wantAt(t, m, 2.5)
	if got := secondsOf(m.Samples); got != "1 2" || m.Window != nil {
		t.Errorf("it brings the samples %q", got)
	}
	d.Faster()
	d.Faster()
	d.pass(10 * time.Second) // who reads was slow: nothing is lost
	m = d.take(t)
	wantAt(t, m, 42.5)
	if got := len(m.Samples); got != 40 || m.Speed != 4 {
		t.Errorf("%d samples at speed %v", got, m.Speed)
	}
	d.Toggle()
	d.pass(time.Hour)
	wantAt(t, d.take(t), 42.5)
	d.Toggle()
	d.pass(time.Hour)
	if m = d.take(t); m.Playing {
		t.Error("it plays on behind the last sample")
	}
	wantAt(t, m, 99)
	if got := len(m.Samples); got != 57 {
		t.Errorf("%d samples to the end, want 57", got)
	}
}

func TestSpeedsEnd(t *testing.T) {
	r := newRecorder(t)
	r.seconds(t, 0, 2)
	d := open(t, r.file)
	for range 9 {
		d.Slower()
	}
	if m := d.take(t); m.Speed != 0.25 {
		t.Errorf("the slowest is %v", m.Speed)
	}
	for range 9 {
		d.Faster()
	}
	if m := d.take(t); m.Speed != 16 {
		t.Errorf("the fastest is %v", m.Speed)
	}
}

func TestSteps(t *testing.T) {
	r := newRecorder(t)
	r.seconds(t, 0, 10)
	d := open(t, r.file)
	for _, step := range []struct {
		n    int
		want float64
	}{{1, 1}, {3, 4}, {-1, 3}, {-100, 0}, {100, 9}} {
		d.Step(step.n)
		m := d.take(t)
		wantAt(t, m, step.want)
		if !m.Window.Last().At.Equal(m.At) {
			t.Errorf("at second %v the window ends at %s", step.want, m.Window.Last().At)
		}
	}
	d.Seek(start.Add(4500 * time.Millisecond))
	d.Step(-1)
	wantAt(t, d.take(t), 4)
}

// At the end it says so, each time that it is to play.
func TestTheEndIsTold(t *testing.T) {
	r := newRecorder(t)
	r.seconds(t, 0, 5)
	d := open(t, r.file)
	d.Seek(start.Add(4 * time.Second))
	d.take(t)
	for range 2 {
		d.Toggle()
		if m := d.take(t); !m.Ended || m.Playing {
			t.Errorf("it tells %+v", m)
		}
	}
}

// A panic is handed over, with the terminal in mind.
func TestAPanicIsTold(t *testing.T) {
	r := newRecorder(t)
	r.seconds(t, 0, 5)
	p, err := Open(r.file, Clock{Now: time.Now}) // and no After
	if err != nil {
		t.Fatal(err)
	}
	moves := p.Follow(t.Context())
	p.Toggle()
	var last Move
	for m := range moves {
		last = m
	}
	if last.Failed == nil {
		t.Errorf("the last move is %+v", last)
	}
}

// As a source it brings the samples by its own clock, and ends with its context.
func TestStream(t *testing.T) {
	r := newRecorder(t)
	r.seconds(t, 0, 5)
	beats := make(chan time.Time)
	now := start.Add(48 * time.Hour)
	tell := func() time.Time { now = now.Add(500 * time.Millisecond); return now } // the player looks at it under its lock
	p, err := Open(r.file, Clock{Now: tell, After: func(time.Duration) <-chan time.Time { return beats }})
	if err != nil {
		t.Fatal(err)
	}
	close(beats) // time goes as fast as it is looked at
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var source probes.Source = p
	if can := source.Can(); can.NoAct == "" || can.NoExplain == "" || can.NoAnalyze == "" {
		t.Errorf("it says that it can %+v", can)
	}
	ticks := source.Stream(ctx)
	p.Toggle()
	for tick := range ticks {
		if tick.Failed != nil {
			t.Fatal(tick.Failed)
		}
		if tick.Sample.At.Equal(start.Add(4 * time.Second)) {
			cancel()
			break
		}
	}
	for range ticks { // until it has ended
	}
}
