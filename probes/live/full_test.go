package live

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/pgserver"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// throng is what clients that hammer a server live through.
type throng struct {
	refused, admitted atomic.Int64
	knocking          atomic.Int64 // ns, of those that were refused
}

// since says how likely an attempt was to get in after an earlier reading, and how long each that was refused took.
func (c *throng) since(refused, admitted, knocking int64) (chance float64, each time.Duration) {
	refused, admitted = c.refused.Load()-refused, c.admitted.Load()-admitted
	return float64(admitted) / float64(refused+admitted), time.Duration((c.knocking.Load() - knocking) / max(refused, 1))
}

// hammer lets clients connect, hold on briefly, disconnect, and connect again, at once when they are refused, until the test ends. It returns when
// the server has refused as many times as there are clients.
func hammer(t *testing.T, dsn string, clients int) *throng {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	c := &throng{}
	full := make(chan struct{})
	var all sync.WaitGroup
	for range clients {
		all.Go(func() {
			for ctx.Err() == nil {
				began := time.Now()
				conn, err := pgx.Connect(ctx, dsn)
				if err != nil {
					c.knocking.Add(int64(time.Since(began)))
					if c.refused.Add(1) == int64(clients) {
						close(full)
					}
					continue
				}
				c.admitted.Add(1)
				_, _ = conn.Exec(ctx, "SELECT pg_sleep(1)")
				_ = conn.Close(ctx)
				sleep(ctx, jitter(0, time.Second)) // else it takes the slot that it has just left, before anybody who knocks
			}
		})
	}
	t.Cleanup(func() { cancel(); all.Wait() })
	select {
	case <-full:
	case <-time.After(patience):
		t.Fatal("hardly a client was refused: the server is not full")
	}
	return c
}

// cheapLogin lets a role log in without SCRAM, which under the race detector costs a client so much that 200 of them hold their slots for nothing
// else.
func cheapLogin(t *testing.T, server *pgserver.Server, role string) {
	t.Helper()
	hba := filepath.Join(server.Dir(), "data", "pg_hba.conf")
	rules, err := os.ReadFile(hba)
	if err == nil {
		err = os.WriteFile(hba, append([]byte("host all "+role+" 127.0.0.1/32 password\n"), rules...), 0o600) // keeps the file's owner
	}
	if err != nil {
		t.Fatal(err)
	}
	pgtest.Value(t, server.DSN("postgres"), "SELECT pg_reload_conf()::text")
}

// entry is how long it took to the first sample, after how many attempts.
type entry struct {
	took     time.Duration
	attempts int
	gaps     []time.Duration // from one refusal to the next
	err      error
}

// getIn starts pgmedic.
func getIn(t *testing.T, dsn string) entry {
	s, err := New(Config{DSN: dsn})
	if err != nil {
		return entry{err: err}
	}
	defer s.Close()
	started, e := time.Now(), entry{attempts: 1}
	var last time.Time
	deadline := time.After(3 * patience)
	ticks := s.Stream(t.Context())
	for {
		select {
		case tick := <-ticks:
			if tick.Sample != nil {
				e.took = time.Since(started)
				return e
			}
			if tick.Trouble == nil {
				return entry{err: errors.New("the stream ended")}
			}
			if !last.IsZero() {
				e.gaps = append(e.gaps, tick.Trouble.At.Sub(last))
			}
			e.attempts, last = tick.Trouble.Attempts+1, tick.Trouble.At
			if tick.Trouble.SQLState != "53300" {
				t.Logf("a trouble that is no refusal: %+v", tick.Trouble)
			}
		case <-deadline:
			return entry{err: fmt.Errorf("not in after %s and %d attempts", time.Since(started), e.attempts)}
		}
	}
}

// Three responders at a time start pgmedic. None needs much more attempts than the clients' own luck lets expect, and the pauses between them are short.
func TestGetsInAmongClientsThatHammerAFullServer(t *testing.T) {
	settings := map[string]string{"max_connections": "50", "superuser_reserved_connections": "3"}
	reserves := pgtest.Version(t) >= 160000
	if reserves {
		settings["reserved_connections"] = "3"
	}
	server := pgtest.Server(t, settings)
	admin := pgtest.Connect(t, server.DSN("postgres"), nil)
	pgtest.Execute(t, admin, "CREATE ROLE app LOGIN PASSWORD 'x'", "CREATE ROLE medic LOGIN PASSWORD 'x'", "GRANT pg_monitor TO medic")
	app, medic := pgtest.As(t, server.DSN("postgres"), "app", "x"), pgtest.As(t, server.DSN("postgres"), "medic", "x")
	cheapLogin(t, server, "app")
	roles := map[string]string{"plain role": medic, "superuser": server.DSN("postgres")}
	if reserves {
		pgtest.Execute(t, admin, "CREATE ROLE keeper LOGIN PASSWORD 'x'", "GRANT pg_monitor, pg_use_reserved_connections TO keeper")
		roles["member of pg_use_reserved_connections"] = pgtest.As(t, server.DSN("postgres"), "keeper", "x")
	}
	clients := hammer(t, app, 200)
	const responders = 3
	medians := map[string]time.Duration{}
	var gaps []time.Duration // from one refusal to the next, of all roles: one connection in a crowd may hang for seconds
	var longest time.Duration
	for name, dsn := range roles {
		refused, admitted, knocking := clients.refused.Load(), clients.admitted.Load(), clients.knocking.Load()
		came := make(chan entry, responders)
		for range responders {
			go func() { came <- getIn(t, dsn) }()
		}
		var times []time.Duration
		attempts := 0
		for range responders {
			e := <-came
			if e.err != nil {
				t.Fatalf("a %s: %v", name, e.err)
			}
			times, attempts, gaps = append(times, e.took), attempts+e.attempts, append(gaps, e.gaps...)
		}
		chance, each := clients.since(refused, admitted, knocking)
		slices.Sort(times)
		medians[name] = times[responders/2]
		t.Logf("a %s was in after %s (median of %v), %d attempts in all; an attempt of a client succeeded with %.1f %%, a refusal took %s",
			name, medians[name].Round(time.Millisecond), times, attempts, 100*chance, each)
		if most := 5 * responders / chance; float64(attempts) > most { // by mere bad luck once in 20,000 times
			t.Errorf("a %s needed %d attempts, and luck as bad as this lets expect at most %.0f", name, attempts, most)
		}
		longest = max(longest, each)
	}
	slices.Sort(gaps) // a pause of 300 ms at most, and what a refusal takes on a machine that is busy with the clients
	if most := 500*time.Millisecond + 2*longest; len(gaps) >= 10 && gaps[len(gaps)/2] > most {
		t.Errorf("pgmedic tried every %s, want at most %s", gaps[len(gaps)/2], most)
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

// While look is out of a full server nobody else of pgmedic's knocks, and nothing is changed there.
func TestOneAttemptAtATime(t *testing.T) {
	dsn := pgtest.Database(t)
	admin := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, admin, "CREATE ROLE single LOGIN PASSWORD 'x' CONNECTION LIMIT 1")
	t.Cleanup(func() { pgtest.Execute(t, admin, "DROP ROLE single") })
	var knocks atomic.Int64
	through := between(t, pgtest.As(t, dsn, "single", "x"), func(client io.Writer, server io.Reader) {
		knocks.Add(1)
		_, _ = io.Copy(client, server)
	})
	s := newServer(t, Config{DSN: through})
	defer s.Close()
	ticks := stream(t, s)
	waitForSample(t, ticks, "that ask knocks while look is in", func(*probes.Sample) bool { return knocks.Load() > 3 })
	pgtest.Execute(t, admin, "ALTER ROLE single CONNECTION LIMIT 0", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'single'")
	refused := func(attempts int) (int, int64) {
		trouble := waitFor(t, ticks, "the refusals", func(tick probes.Tick) bool {
			return isTrouble(tick) && tick.Trouble.SQLState == "53300" && tick.Trouble.Attempts >= attempts
		}).Trouble
		return trouble.Attempts, knocks.Load()
	}
	attempts, made := refused(1)
	later, madeLater := refused(attempts + 8)
	if said, made := later-attempts, int(madeLater-made); made < said-1 || made > said+2 { // one may have been made since it was said
		t.Errorf("%d attempts are said, %d were made", said, made)
	}
	_, err := s.Act().OpenBuild(t.Context())
	if err == nil || !strings.Contains(err.Error(), "not connected now") {
		t.Errorf("a build session: %v", err)
	}
	if sent, err := s.Act().Cancel(t.Context(), 1, time.Now()); sent || err == nil || !strings.Contains(err.Error(), "not connected now") {
		t.Errorf("a cancel: %v, %v", sent, err)
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
