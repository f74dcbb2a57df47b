package snapshot

import (
	"context"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgserver"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// afterFirst is a source to whose server something happens after the first sample.
type afterFirst struct {
	probes.Source
	happens func()
}

func (a afterFirst) Stream(ctx context.Context) <-chan probes.Tick {
	ticks, out := a.Source.Stream(ctx), make(chan probes.Tick)
	go func() {
		defer close(out)
		happened := false
		for tick := range ticks {
			if tick.Sample != nil && !happened {
				a.happens()
				happened = true
			}
			select {
			case out <- tick:
			case <-ctx.Done():
			}
		}
	}()
	return out
}

// lookWhile looks for two seconds, and lets something happen to the server after the first sample.
func lookWhile(t *testing.T, dsn string, happens func()) (*Snapshot, time.Duration) {
	t.Helper()
	source, err := live.New(live.Config{DSN: dsn, Interval: Interval(2 * time.Second), LookOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(source.Close)
	var since time.Time
	s, err := Take(t.Context(), afterFirst{source, func() { happens(); since = time.Now() }}, Options{For: 2 * time.Second, Wait: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	return s, time.Since(since)
}

func startServer(t *testing.T) *pgserver.Server {
	t.Helper()
	server, err := pgserver.Start(t.Context(), pgserver.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Stop() }) // it may have crashed
	return server
}

// checkCutShort checks what is said of a server that was lost after the first sample.
func checkCutShort(t *testing.T, s *Snapshot) {
	t.Helper()
	if s.Samples != 1 || s.BrokenOff == nil || !strings.HasPrefix(s.Headline, "the server stopped answering after the first sample; until then 1 of 97 slots taken") {
		t.Errorf("%d samples, broken off: %v, headline %q", s.Samples, s.BrokenOff, s.Headline)
	}
	if len(s.Blind) == 0 || s.Blind[0].What != "connection" || !strings.HasPrefix(s.Blind[0].Reason, *s.BrokenOff) {
		t.Errorf("not known: %+v", s.Blind)
	}
	if !strings.Contains(s.Text(80, false), "\nNot known\n") {
		t.Errorf("text:\n%s", s.Text(80, false))
	}
}

// A server that hangs is no calm one, and does not hold up who looks.
func TestTheServerHangs(t *testing.T) {
	server := startServer(t)
	s, took := lookWhile(t, server.DSN("postgres"), func() {
		pid, err := strconv.Atoi(pgtest.Value(t, server.DSN("postgres"), "SELECT pid::text FROM pg_stat_activity WHERE application_name = 'pgmedic'"))
		if err != nil {
			t.Error(err)
			return
		}
		for _, one := range []int{server.PID(), pid} { // the postmaster too: nobody hears a cancel request
			if err := syscall.Kill(one, syscall.SIGSTOP); err != nil {
				t.Error(err)
			}
			t.Cleanup(func() { _ = syscall.Kill(one, syscall.SIGCONT) })
		}
	})
	checkCutShort(t, s)
	if most := 2*time.Second + grace + letGoPatience + 30*time.Second; took > most { // the last are for a busy machine: the point is, not for ever
		t.Errorf("it took %s after that, at most %s was expected", took, most)
	}
}

func TestTheServerCrashes(t *testing.T) {
	server := startServer(t)
	s, _ := lookWhile(t, server.DSN("postgres"), func() {
		if err := server.Crash(); err != nil {
			t.Error(err)
		}
	})
	checkCutShort(t, s)
	if !strings.Contains(s.Blind[0].Reason, ", while ") {
		t.Errorf("not known: %+v: the reason is missing", s.Blind)
	}
}
