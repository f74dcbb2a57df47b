package live

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// hammer lets clients connect, hold on briefly, disconnect, and connect again at once, until the test ends or stop is called. It returns when the
// server has refused as many times as there are clients.
func hammer(t *testing.T, dsn string, clients int) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	refused := make(chan struct{}, clients)
	var all sync.WaitGroup
	for range clients {
		all.Go(func() {
			for ctx.Err() == nil {
				conn, err := pgx.Connect(ctx, dsn)
				if err != nil {
					select {
					case refused <- struct{}{}:
					default:
					}
					continue
				}
				_, _ = conn.Exec(ctx, "SELECT pg_sleep(1)")
				_ = conn.Close(ctx)
			}
		})
	}
	stop = func() { cancel(); all.Wait() }
	t.Cleanup(stop)
	deadline := time.After(patience)
	for range clients {
		select {
		case <-refused:
		case <-deadline:
			t.Fatal("hardly a client was refused: the server is not full")
		}
	}
	return stop
}

// getIn starts pgmedic and returns how long it took to the first sample and how often it was refused.
func getIn(t *testing.T, dsn string) (took time.Duration, refused int) {
	t.Helper()
	s := newServer(t, Config{DSN: dsn})
	defer s.Close()
	started := time.Now()
	ticks := stream(t, s)
	deadline := time.After(3 * patience)
	for {
		select {
		case tick, open := <-ticks:
			if !open {
				t.Fatal("the stream ended")
			}
			if tick.Sample != nil {
				return time.Since(started), refused
			}
			refused = tick.Trouble.Attempts
			if tick.Trouble.SQLState != "53300" {
				t.Logf("a trouble that is no refusal: %+v", tick.Trouble)
			}
		case <-deadline:
			t.Fatalf("not in after %s and %d refusals", time.Since(started), refused)
		}
	}
}

func TestGetsInAmongClientsThatHammerAFullServer(t *testing.T) {
	settings := map[string]string{"max_connections": "50", "superuser_reserved_connections": "3"}
	reserves := pgtest.Version(t) >= 160000
	if reserves {
		settings["reserved_connections"] = "3"
	}
	server := ownServer(t, settings)
	admin := pgtest.Connect(t, server.DSN("postgres"), nil)
	pgtest.Execute(t, admin, "CREATE ROLE app LOGIN PASSWORD 'x'", "CREATE ROLE medic LOGIN PASSWORD 'x'", "GRANT pg_monitor TO medic")
	app, medic := pgtest.As(t, server.DSN("postgres"), "app", "x"), pgtest.As(t, server.DSN("postgres"), "medic", "x")
	roles := map[string]string{"plain role": medic, "superuser": server.DSN("postgres")}
	if reserves {
		pgtest.Execute(t, admin, "CREATE ROLE keeper LOGIN PASSWORD 'x'", "GRANT pg_monitor, pg_use_reserved_connections TO keeper")
		roles["member of pg_use_reserved_connections"] = pgtest.As(t, server.DSN("postgres"), "keeper", "x")
	}
	hammer(t, app, 200)
	medians := map[string]time.Duration{}
	for name, dsn := range roles {
		var times []time.Duration
		attempts := 0
		for range 3 {
			took, refused := getIn(t, dsn)
			times, attempts = append(times, took), attempts+refused+1
		}
		slices.Sort(times)
		medians[name] = times[1]
		t.Logf("a %s was in after %s (median of %v), %d attempts in all", name, times[1].Round(time.Millisecond), times, attempts)
	}
	for name, median := range medians {
		t.Logf("a plain role took %.1f times as long as a %s", medians["plain role"].Seconds()/median.Seconds(), name)
	}
}

func TestATroubleKnowsTheSlots(t *testing.T) {
	dsn := pgtest.Database(t)
	admin := pgtest.Connect(t, dsn, nil)
	const role = "limited" // a role's limit is refused as a full server is
	pgtest.Execute(t, admin, "CREATE ROLE "+role+" LOGIN PASSWORD 'x'")
	t.Cleanup(func() { pgtest.Execute(t, admin, "DROP ROLE "+role) })
	s := newServer(t, Config{DSN: pgtest.As(t, dsn, role, "x")})
	defer s.Close()

	pgtest.Execute(t, admin, "ALTER ROLE "+role+" CONNECTION LIMIT 0")
	ticks := stream(t, s)
	before := waitFor(t, ticks, "the refusal", isTrouble).Trouble
	if before.SQLState != "53300" || before.Ceiling.MaxConnections != 0 || !strings.Contains(before.Slots(), "not known") {
		t.Errorf("before the first connection %+v: %s", before, before.Slots())
	}
	pgtest.Execute(t, admin, "ALTER ROLE "+role+" CONNECTION LIMIT -1")
	waitForSample(t, ticks, "getting in", func(s *probes.Sample) bool { return s.Ceiling.MaxConnections == 100 && s.Counts().Ours == 3 })
	pgtest.Execute(t, admin, "ALTER ROLE "+role+" CONNECTION LIMIT 0", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '"+role+"'")
	after := waitFor(t, ticks, "the refusal", func(tick probes.Tick) bool { return isTrouble(tick) && tick.Trouble.SQLState == "53300" }).Trouble
	if after.Ceiling.MaxConnections != 100 || !strings.Contains(after.Slots(), "97 of 100") || after.Since.After(after.At) {
		t.Errorf("after it %+v: %s", after, after.Slots())
	}
}

func TestADatabasesLimitIsATroubleToo(t *testing.T) {
	dsn := pgtest.Database(t)
	admin := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, admin, "CREATE ROLE visitor LOGIN PASSWORD 'x'")
	t.Cleanup(func() { pgtest.Execute(t, admin, "DROP ROLE visitor") })
	name := pgtest.Value(t, dsn, "SELECT current_database()::text")
	pgtest.Execute(t, admin, "ALTER DATABASE "+name+" CONNECTION LIMIT 1") // admin's own
	s := newServer(t, Config{DSN: pgtest.As(t, dsn, "visitor", "x")})
	defer s.Close()
	ticks := stream(t, s)
	if trouble := waitFor(t, ticks, "the refusal", isTrouble).Trouble; trouble.SQLState != "53300" || !strings.Contains(trouble.Next, "limit") {
		t.Errorf("trouble %+v", trouble)
	}
	pgtest.Execute(t, admin, "ALTER DATABASE "+name+" CONNECTION LIMIT -1")
	waitForSample(t, ticks, "getting in", anySample)
}
