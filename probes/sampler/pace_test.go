package sampler

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// reach is what all probes together may cost the server at the default interval, with 1,000 connections and 5,000 statements: 2 % of a core.
const reach = 20 * time.Millisecond

// TestBudgets adds up what the probes may cost in each second. Who adds a probe must find room for it.
func TestBudgets(t *testing.T) {
	total := pulseBudget + activityBudget
	seen := map[string]bool{}
	for _, p := range New(nil, probes.Server{Version: 180000}).probes {
		if p.budget <= 0 || p.name == "" || seen[p.name] {
			t.Errorf("probe %q has budget %v, or its name twice", p.name, p.budget)
		}
		seen[p.name] = true
		if p.name == "running" { // only where statements has nothing to read
			continue
		}
		total += time.Duration(float64(p.budget) * float64(nominal) / float64(max(p.every, nominal)))
	}
	if total > reach {
		t.Errorf("the budgets come to %v in each second, reach is %v", total, reach)
	}
}

// take runs a probe once, so many seconds after noon, with a read of that length, and returns what the sample says of it.
func take(t *testing.T, p *probe, second int, trip time.Duration, err error) *probes.Sample {
	t.Helper()
	sample := &probes.Sample{At: noon.Add(time.Duration(second) * time.Second)}
	p.read = func(context.Context, *probes.Sample) error { return err }
	if _, got := p.run(t.Context(), sample, pulse{trip, trip}); !errors.Is(got, err) && !errors.Is(err, errIdle) {
		t.Fatal(got)
	}
	return sample
}

func TestAProbeThatOverrunsIsSpacedOutAndComesBack(t *testing.T) {
	for _, c := range []struct {
		name  string
		every time.Duration
		costs []time.Duration
		want  time.Duration
	}{
		{"within its budget", 0, []time.Duration{4, 4, 4}, 0},
		{"too few to judge", 0, []time.Duration{400, 400}, 0},
		{"one cheap run of three", 0, []time.Duration{400, 3, 400}, 0},
		{"every one dear", 0, []time.Duration{17, 400, 400}, 5 * time.Second},
		{"cheap again", 0, []time.Duration{17, 17, 17, 3}, 0},
		{"cheaper than before", 0, []time.Duration{17, 17, 17, 7, 7, 7}, 2 * time.Second},
		{"of a slower pace", 5 * time.Second, []time.Duration{9, 9, 9}, 15 * time.Second},
		{"without bound", 0, []time.Duration{4000, 4000, 4000}, time.Minute},
		{"of a pace beyond the bound", 5 * time.Minute, []time.Duration{9, 9, 9}, 5 * time.Minute},
	} {
		p := &probe{name: c.name, every: c.every, budget: 4 * time.Millisecond}
		for _, cost := range c.costs {
			p.judge(cost * time.Millisecond)
		}
		if got := p.pace(); got != c.want {
			t.Errorf("%s: every %v, want %v", c.name, got, c.want)
		}
	}
}

func TestASpacedProbeSaysSo(t *testing.T) {
	p := &probe{name: "dear", budget: time.Millisecond, runs: []time.Duration{3500 * time.Microsecond, 5 * time.Millisecond}}
	p.judge(4 * time.Millisecond)
	p.stretch = 4
	s := take(t, p, 0, 0, errIdle)
	if len(s.Costs) != 0 {
		t.Errorf("costs %+v of a run that asked nothing", s.Costs)
	}
	p.runs = nil // the next run alone is not judged
	s = take(t, p, 0, 0, nil)
	if len(s.Costs) != 1 || !s.Costs[0].Spaced || s.Costs[0].Every != 4*time.Second || s.Costs[0].Budget != time.Millisecond {
		t.Errorf("costs %+v", s.Costs)
	}
	if want := noon.Add(4*time.Second - early); !p.due.Equal(want) {
		t.Errorf("due at %s, want %s", p.due, want)
	}
}

// The network's time is not the server's.
func TestRoundTripsAreNotHeldAgainstAProbe(t *testing.T) {
	p := &probe{name: "far away", budget: time.Microsecond, trips: 3}
	for i := range 5 {
		take(t, p, i, time.Minute, nil)
	}
	if p.pace() != 0 {
		t.Errorf("every %v", p.pace())
	}
}

// Nor is the time that everything waits for a processor.
func TestABusyMachineIsNotHeldAgainstAProbe(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct{ took, pulse, least, want time.Duration }{
		{17 * ms, ms / 10, ms / 10, 17*ms - ms/10},
		{17 * ms, 50 * ms, 50 * ms, 0},        // a far network
		{80 * ms, 50 * ms, 50 * ms, 30 * ms},  // and a dear probe
		{170 * ms, 10 * ms, 0, 160 * ms / 11}, // a busy machine
		{400 * ms, 0, 0, 400 * ms},            // a dear probe
	} {
		if got := (pulse{c.pulse, c.least}).cost(c.took, 1); got < c.want-ms/10 || got > c.want+ms/10 {
			t.Errorf("%v with a pulse of %v (least %v) cost %v, want %v", c.took, c.pulse, c.least, got, c.want)
		}
	}
}

func TestAProbeThatIsCutOffRestsEverLonger(t *testing.T) {
	p := &probe{name: "locked", budget: time.Millisecond}
	var rests []string
	second := 0
	for range 6 {
		s := take(t, p, second, 0, &pgconn.PgError{Code: "57014"})
		rest := p.due.Sub(s.At)
		rests = append(rests, rest.String())
		second += int(rest.Seconds())
		if len(s.Failures) != 1 || !strings.Contains(s.Failures[0].Reason, "tried again in "+rest.String()) {
			t.Errorf("failures %+v", s.Failures)
		}
	}
	if got := strings.Join(rests, " "); got != "5s 10s 20s 40s 1m20s 1m20s" {
		t.Errorf("rests %s", got)
	}
	take(t, p, second, 0, nil)
	s := take(t, p, second, 0, &pgconn.PgError{Code: "55P03"})
	if rest := p.due.Sub(s.At); rest != probeRest {
		t.Errorf("rests %v after it answered in between", rest)
	}
	if s := take(t, p, second, 0, &pgconn.PgError{Code: "42501"}); p.due.Sub(s.At) != probeRest || strings.Contains(s.Failures[0].Reason, "tried again") {
		t.Errorf("denied: rests %v, %+v", p.due.Sub(s.At), s.Failures)
	}
}

// One probe that hangs is cut off, the sample is there in time, and the connection is kept.
func TestAHangingProbeIsCutOff(t *testing.T) {
	cfg, err := pgx.ParseConfig(pgtest.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	cfg.BuildContextWatcherHandler = func(conn *pgconn.PgConn) ctxwatch.Handler { // as pgmedic's sessions have it
		return &pgconn.CancelRequestContextWatcherHandler{Conn: conn, DeadlineDelay: time.Minute}
	}
	conn, err := pgx.ConnectConfig(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	s := samplerOf(t, conn)
	hang := &probe{name: "hanging", budget: time.Millisecond, read: func(ctx context.Context, _ *probes.Sample) error {
		_, err := conn.Exec(ctx, "SELECT pg_sleep(600)")
		return err
	}}
	s.probes = append([]*probe{hang}, s.probes...)
	sample, err := s.Take(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(sample.Failures) == 0 || sample.Failures[0].Probe != "hanging" || sample.Ceiling.MaxConnections != 0 {
		t.Errorf("failures %+v, ceiling %+v: what comes behind it has to wait", sample.Failures, sample.Ceiling)
	}
	if sample, err = s.Take(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if sample.Ceiling.MaxConnections == 0 || sample.Failures[0].Probe != "hanging" || len(sample.Backends) == 0 {
		t.Errorf("the sample after: %+v", sample)
	}
}

func TestCostsAddUp(t *testing.T) {
	s := samplerOf(t, pgtest.Connect(t, pgtest.Database(t), nil))
	for range 3 {
		sample, err := s.Take(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		var sum time.Duration
		names := map[string]bool{}
		for _, c := range sample.Costs {
			sum += c.Took
			names[c.Probe] = true
		}
		if sum <= 0 || sum > sample.Cost || !names["pulse"] || !names["activity"] || !names["builds"] {
			t.Errorf("%v of %v: %+v", sum, sample.Cost, sample.Costs)
		}
	}
}
