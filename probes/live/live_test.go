package live

import (
	"context"
	"net/url"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// patience bounds what a test waits for.
const patience = 60 * time.Second

// newServer looks at a database until the test ends.
func newServer(t *testing.T, cfg Config) *Server {
	t.Helper()
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// stream opens a stream that ends with the test.
func stream(t *testing.T, s *Server) <-chan probes.Tick {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	s.SetInterval(minimumInterval)
	return s.Stream(ctx)
}

// waitFor returns the first tick that fits.
func waitFor(t *testing.T, ticks <-chan probes.Tick, what string, fits func(probes.Tick) bool) probes.Tick {
	t.Helper()
	deadline := time.After(patience)
	var failures []probes.Failure
	var trouble *probes.Trouble
	for {
		select {
		case tick, open := <-ticks:
			if !open {
				t.Fatalf("the stream ended before %s", what)
			}
			if fits(tick) {
				return tick
			}
			if trouble = tick.Trouble; tick.Sample != nil {
				failures = tick.Sample.Failures
			}
		case <-deadline:
			t.Fatalf("%s did not happen; last trouble %+v, last failures %+v", what, trouble, failures)
		}
	}
}

// waitForSample returns the first sample that fits.
func waitForSample(t *testing.T, ticks <-chan probes.Tick, what string, fits func(*probes.Sample) bool) *probes.Sample {
	t.Helper()
	return waitFor(t, ticks, what, func(tick probes.Tick) bool { return tick.Sample != nil && fits(tick.Sample) }).Sample
}

func anySample(*probes.Sample) bool { return true }

// connect opens a connection of the application's.
func connect(t *testing.T, dsn string, params map[string]string) *pgx.Conn {
	t.Helper()
	cfg, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range params {
		cfg.RuntimeParams[name] = value
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience) // t.Context has ended in a clean-up
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// execute sends statements one after the other.
func execute(t *testing.T, conn *pgx.Conn, statements ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for _, sql := range statements {
		if _, err := conn.Exec(ctx, sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
}

// inBackground runs a statement until it ends or the test does, and returns its session's pid.
func inBackground(t *testing.T, conn *pgx.Conn, sql string, args ...any) int32 {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = conn.Exec(ctx, sql, args...)
	}()
	t.Cleanup(func() { cancel(); <-done })
	return int32(conn.PgConn().PID())
}

// as returns the DSN for another role.
func as(t *testing.T, dsn, user, password string) string {
	t.Helper()
	uri, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	uri.User = url.UserPassword(user, password)
	return uri.String()
}

// backend returns the sample's row of a session.
func backend(s *probes.Sample, pid int32) probes.Backend {
	for _, b := range s.Backends {
		if b.PID == pid {
			return b
		}
	}
	return probes.Backend{}
}
