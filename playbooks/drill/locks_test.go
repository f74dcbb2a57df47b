package drill

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/probes/watch"
)

// The pile-up is real: in a sample of the live server the person's idle transaction is the root, the migration waits for it, and the application
// behind that.
func TestLocksPileUp(t *testing.T) {
	defer goleak.VerifyNone(t)
	d, err := Start(t.Context(), Options{Scenario: Locks, Rows: leastRows}, func(string) {}, func(float64) {})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := d.Stop(); err != nil {
			t.Errorf("stopping: %v", err)
		}
	}()
	server, err := live.New(live.Config{DSN: d.DSN(), Interval: SampleInterval})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	s, stop := follow(t, d, server)
	defer stop()
	if tree := s.window.Current().Blocking(); len(tree.Roots) > 0 {
		t.Errorf("before it begins somebody is in the way: %+v", tree.Roots[0])
	}
	close(s.mayBegin)
	p := &locksStory{story: s, plot: d.plot.(*locks)}
	piled := func() bool { p.waiting(); _, ddl := p.queue(); return ddl != nil && ddl.Behind >= leastWaiting }
	began := time.Now()
	if err := s.until(t.Context(), pileUpWait, "a pile-up", piled); err != nil {
		t.Fatalf("%v; the most were %d", err, p.most)
	}
	t.Logf("%d wait %.1f s after the begin", p.most, time.Since(began).Seconds())
	root, ddl := p.queue()
	if b := root.Backend; b == nil || b.State != "idle in transaction" || b.Application != personName || root.Wait != nil {
		t.Errorf("the root is %+v, want psql, idle in transaction", root.Backend)
	}
	if w := ddl.Wait; w.Mode != "AccessExclusiveLock" || w.Relation != "reports.reports" || ddl.Backend.Application != migrationName {
		t.Errorf("behind it %+v waits for %+v, want the migration, for ACCESS EXCLUSIVE", ddl.Backend, w)
	}
	for _, w := range ddl.Waiters {
		if w.Backend != nil && w.Backend.User != applicationRole {
			t.Errorf("%+v waits behind the migration, want the application alone", w.Backend)
		}
	}
	checkGoesOn(t, p, ddl.PID)
}

// checkGoesOn cancels the migration: the application goes on, although the person's transaction is still open, and what the migration saw is told.
func checkGoesOn(t *testing.T, p *locksStory, migration int32) {
	t.Helper()
	if err := once(t.Context(), p.drill.DSN(), fmt.Sprintf("SELECT pg_cancel_backend(%d)", migration)); err != nil {
		t.Fatal(err)
	}
	goesOn := func() bool {
		told := slices.ContainsFunc(p.events, func(e record.Event) bool {
			return e.Data["sqlstate"] == "57014" && strings.HasPrefix(e.Title, "migrate: ")
		})
		return told && p.waiting() == 0
	}
	if err := p.until(t.Context(), releaseWait, "the application to go on", goesOn); err != nil {
		t.Fatalf("%v; %d wait; %+v", err, p.waiting(), p.events)
	}
	open := func(b probes.Backend) bool { return b.Application == personName && b.State == "idle in transaction" }
	if !slices.ContainsFunc(p.window.Current().Backends, open) {
		t.Error("the person's transaction is gone")
	}
	p.drill.Served()
	began := p.window.Last().At
	if err := p.until(t.Context(), releaseWait, "samples", func() bool { return p.window.Last().At.Sub(began) > time.Second }); err != nil {
		t.Fatal(err)
	}
	if served := p.drill.Served(); served.Reports < locksCalm/4 || served.Failed > 0 {
		t.Errorf("in a second after it the application gets done: %s", served)
	}
}

// follow takes samples without a record until there is a baseline, and goes on until it is stopped.
func follow(t *testing.T, d *Drill, server *live.Server) (s *story, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	s = &story{drill: d, server: server, tell: newTeller(t.Output()), window: probes.NewWindow(probes.StatementSpan), mayBegin: make(chan struct{})}
	s.updates = d.Direct(ctx, watch.Follow(ctx, server, nil), nil, s.mayBegin)
	stop = func() {
		cancel()
		for range s.updates {
		}
	}
	if err := s.seeBaseline(ctx); err != nil {
		stop()
		t.Fatal(err)
	}
	return s, stop
}

func TestCheckService(t *testing.T) {
	wantFailure(t, checkService(Served{Reports: 80}, 16, 30), "")
	wantFailure(t, checkService(Served{Reports: 70}, 14, 30), "14.0 reports/s of 30.0, 0 errors")
	wantFailure(t, checkService(Served{Reports: 150, Failed: 2}, 30, 30), "30.0 reports/s of 30.0, 2 errors")
}

func TestUnknownScenario(t *testing.T) {
	_, err := Start(t.Context(), Options{Scenario: "flood"}, nil, nil)
	wantFailure(t, err, `there is no scenario "flood": it is spike or locks`)
}
