package brake

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// The value comes from calls that were really made: 200 short ones and two of about 1 s of one statement, and one of 3.5 s of another.
func TestValueFromRealCalls(t *testing.T) {
	b := newBench(t)
	var calls sync.WaitGroup
	call := func(conn *pgx.Conn, sql string) {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Errorf("%s: %v", sql, err)
		}
	}
	for _, sql := range []string{"SELECT pg_sleep(1.05)", "SELECT pg_sleep(1.05)", "SELECT pg_sleep(3.5), 'report'"} {
		conn := b.session()
		calls.Go(func() { call(conn, sql) })
	}
	conn := b.session()
	calls.Go(func() {
		for range 200 {
			call(conn, "SELECT pg_sleep(0.001)")
		}
	})
	var l *probes.Lasting
	b.watch(func() bool {
		ended := int64(0)
		l = b.window.LastingOf(b.role.oid, b.database.oid)
		for _, e := range l.Ended {
			ended += e.Calls
		}
		return ended >= 203
	})
	calls.Wait()
	own := int64(0)
	for id, text := range l.Texts {
		if strings.HasPrefix(text, "SELECT pg_sleep($1)") && !strings.Contains(text, ",") {
			own = id
		}
	}
	for limit, want := range map[time.Duration]probes.Hit{time.Second: {Surely: 3, AtMost: 3, Of: 203}, 5 * time.Second: {Of: 203}} {
		if got := l.Hit(limit, probes.Part{Calm: true, DatabaseOID: b.database.oid}, nil); got.AtMost != want.AtMost || got.Of != want.Of ||
			got.Surely > want.Surely {
			t.Errorf("%v would have failed %+v, want %+v", limit, got, want)
		}
	}
	f, why := playbook{}.ByHand(b.window, probes.StatementLoad{StatementKey: probes.StatementKey{DatabaseOID: b.database.oid, UserOID: b.role.oid,
		QueryID: own}, User: b.role.name})
	if why != "" {
		t.Fatal(why)
	}
	d := drafted(t)(playbook{}.Draft(t.Context(), b.server.Ask(), f))
	if d.Title != "statement_timeout = 2 s for role "+b.role.name+" in database "+b.database.name || d.Word != "statement_timeout "+b.role.name {
		t.Errorf("drafted %s, word %s, %+v", d.Title, d.Word, d.Reasons)
	}
	if w := strings.Join(d.Warnings, "\n"); !strings.Contains(w, "it also hits SELECT pg_sleep($1), $2: 1 of 1 (100 %) as seen") {
		t.Errorf("it does not warn of the other statement:\n%s", w)
	}
	if r := reason(d, "its calls"); !strings.HasPrefix(r, "of 202 since the statistics were reset") || !strings.Contains(r, "the longest 1.1 s") {
		t.Errorf("its calls: %s", r)
	}
	if r := reason(d, "no "+idleTimeout); !strings.Contains(r, "no session of the role was seen idle") {
		t.Errorf("%+v", d.Reasons)
	}
	adjusted := drafted(t)(d.Adjust.Draft(t.Context(), b.server.Ask(), "700 ms"))
	if adjusted.SQL[0] != "ALTER ROLE "+b.role.name+" IN DATABASE "+b.database.name+" SET statement_timeout = '700ms'"+tag ||
		!strings.Contains(price(adjusted, "in calm"), "3 of 203 (") {
		t.Errorf("adjusted to %s, %+v", adjusted.SQL, adjusted.Prices)
	}
	if d, err := d.Adjust.Draft(t.Context(), b.server.Ask(), "5"); err == nil {
		t.Error(d)
	}
	b.applied(d)
	if got := has(t, b.session(), statementTimeout); got != "2s" {
		t.Errorf("a new session has %s", got)
	}
}

func reason(d *playbooks.Draft, part string) string {
	for _, r := range d.Reasons {
		if r.Part == part {
			return r.Why
		}
	}
	return ""
}

func price(d *playbooks.Draft, name string) string {
	for _, p := range d.Prices {
		if p.Name == name {
			return p.Value
		}
	}
	return ""
}

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// scene is a window of samples a second apart, as if they were taken of a real role in a real database.
type scene struct {
	b        *bench
	w        *probes.Window
	at       time.Time
	before   time.Time
	onset    time.Time
	sessions map[int32]probes.Backend
}

func newScene(b *bench) *scene {
	return &scene{b: b, w: probes.NewWindow(time.Hour), at: noon, sessions: map[int32]probes.Backend{}}
}

// runs lets a session run the statement since so long ago, or be idle in a transaction.
func (s *scene) runs(pid int32, ago time.Duration, state string) {
	s.sessions[pid] = probes.Backend{
		PID: pid, Type: "client backend", State: state, UserOID: s.b.role.oid, User: s.b.role.name, DatabaseOID: s.b.database.oid,
		Database: s.b.database.name, QueryID: 7,
		BackendStart: noon.Add(-time.Hour), QueryStart: s.at.Add(-ago), StateChange: s.at.Add(-ago),
	}
}

// sample takes one in which so many calls of the statement ended since the one before.
func (s *scene) sample(ended int64) {
	sample := &probes.Sample{At: s.at, Interval: time.Second, Ceiling: probes.Ceiling{MaxConnections: 100, SuperuserReserved: 3, DatabaseLimit: -1}}
	for _, b := range s.sessions {
		sample.Backends = append(sample.Backends, b)
	}
	sample.Statements = probes.Statements{Known: true, Since: s.before, Texts: map[int64]string{7: "SELECT lookup($1)"},
		Deltas: []probes.StatementDelta{{
			StatementKey: probes.StatementKey{DatabaseOID: s.b.database.oid, UserOID: s.b.role.oid, QueryID: 7, TopLevel: true}, Calls: ended,
		}}}
	s.w.Add(sample, probes.Assessment{Onset: s.onset})
	s.before, s.at = s.at, s.at.Add(time.Second)
}

func (s *scene) draft() (*playbooks.Draft, error) {
	f, why := playbook{}.ByHand(s.w, probes.StatementLoad{
		StatementKey: probes.StatementKey{DatabaseOID: s.b.database.oid, UserOID: s.b.role.oid, QueryID: 7, TopLevel: true}, User: s.b.role.name,
		Text: "SELECT lookup($1)",
	})
	if why != "" {
		s.b.t.Fatal(why)
	}
	return playbook{}.Draft(s.b.t.Context(), s.b.server.Ask(), f)
}

// calm is two minutes with 10 calls a second, none of them seen, and four sessions that are idle in a transaction for up to 20 s.
func (s *scene) calm() {
	for i := range 120 {
		clear(s.sessions)
		for pid := range int32(4) {
			s.runs(pid, time.Duration(i%20)*time.Second, "idle in transaction")
		}
		s.sample(10)
	}
}

// incident is ten seconds in which 60 sessions run the statement for as long, and others' calls end.
func (s *scene) incident() {
	clear(s.sessions)
	s.onset = s.at
	for i := range 11 {
		for pid := range int32(60) {
			s.runs(100+pid, time.Duration(i)*time.Second, "active")
		}
		s.sample(4)
	}
}

// The value is what the calm time supports, and it is said what it would have done in the incident.
func TestShareInTheIncident(t *testing.T) {
	b := newBench(t)
	s := newScene(b)
	s.calm()
	s.incident()
	d := drafted(t)(s.draft())
	if d.Kind != statementTimeout || !strings.HasPrefix(d.Title, "statement_timeout = 1 s for role "+b.role.name) {
		t.Errorf("%s %s", d.Kind, d.Title)
	}
	want := "1 s would have failed 60 of 104 (58 %) of the role's calls in the incident, of which the last 10 s are known: each client gets error 57014"
	if d.Warnings[0] != want {
		t.Errorf("it warns %q, want %q", d.Warnings[0], want)
	}
	if got := price(d, "in calm") + ", " + price(d, "incident"); got != "none of 1190, 60 of 104 (58 %)" {
		t.Error(got)
	}
	adjusted := drafted(t)(d.Adjust.Draft(t.Context(), b.server.Ask(), "30 s"))
	if !strings.HasPrefix(adjusted.Warnings[0], "30 s would have failed at most 60 of 104 (58 %) of the role's calls") ||
		price(adjusted, "incident") != "at most 60 of 104 (58 %)" {
		t.Errorf("%+v", adjusted)
	}
	kinds := []string{}
	for _, other := range d.Others {
		kinds = append(kinds, other.Title)
	}
	whose := "role " + b.role.name
	others := []string{
		"idle_in_transaction_session_timeout = 30 s for " + whose + " in database " + b.database.name, "CONNECTION LIMIT = 5 for " + whose,
		"CONNECTION LIMIT = 5 for database " + b.database.name,
	}
	if strings.Join(kinds, "\n") != strings.Join(others, "\n") {
		t.Errorf("beside it\n%s\nwant\n%s", strings.Join(kinds, "\n"), strings.Join(others, "\n"))
	}
	if len(d.Others) == 3 {
		if got := price(d.Others[0], "ends"); got != "0 of 24" {
			t.Error(got)
		}
		more := drafted(t)(d.Others[1].Adjust.Draft(t.Context(), b.server.Ask(), "12"))
		if more.SQL[0] != "ALTER ROLE "+b.role.name+" CONNECTION LIMIT 12"+tag || price(more, "peak") != "12" {
			t.Errorf("%+v", more)
		}
	}
}

// Where calls took as long in calm, no limit is supported: it is said, and the other brakes come first.
func TestNoValueIsSupported(t *testing.T) {
	b := newBench(t)
	s := newScene(b)
	for i := range 1300 {
		clear(s.sessions)
		for pid := range int32(30) {
			s.runs(pid, time.Duration(i%650)*time.Second, "active")
		}
		s.sample(1)
	}
	d := drafted(t)(s.draft())
	if d.Kind != "CONNECTION LIMIT of the role" {
		t.Errorf("%s", d.Title)
	}
	if why := reason(d, "no "+statementTimeout); !strings.HasPrefix(why, "none up to 10 min is supported by how long calls take") {
		t.Errorf("%+v", d.Reasons)
	}
}

// Where nothing is known, nothing is drafted.
func TestNothingKnown(t *testing.T) {
	b := newBench(t)
	s := newScene(b)
	s.sample(0)
	s.w.Last().Ceiling = probes.Ceiling{}
	var none *playbooks.NoDraft
	if d, err := s.draft(); !errors.As(err, &none) || !strings.Contains(none.Reason, "too few calls of the role are known") {
		t.Error(d, err)
	}
}

// Where calm was not seen, what was counted since the reset bounds the share: no call of the statement took long, and 1 s is drafted.
func TestValueFromTheStatistics(t *testing.T) {
	b := newBench(t)
	conn := b.session()
	for range 150 {
		pgtest.Execute(t, conn, "SELECT 1 AS quick")
	}
	d := drafted(t)(playbook{}.Draft(t.Context(), b.server.Ask(), b.finding()))
	if !strings.HasPrefix(d.Title, "statement_timeout = 1 s") || !strings.Contains(reason(d, "value"),
		"(0 of the statement's own ended, too few to tell): none of 150 of the role's since the statistics were reset") {
		t.Errorf("%s: %+v", d.Title, d.Reasons)
	}
}

// By hand it is for the role that logged in, whatever role its statements are counted for.
func TestByHand(t *testing.T) {
	b := newBench(t)
	if _, why := (playbook{}).ByHand(b.window, probes.StatementLoad{}); why != "select a statement first: the brake is for the role that runs it" {
		t.Error(why)
	}
	s := newScene(b)
	s.runs(1, time.Second, "active")
	s.sample(1)
	f, why := playbook{}.ByHand(s.w, probes.StatementLoad{StatementKey: probes.StatementKey{DatabaseOID: b.database.oid, UserOID: 4711, QueryID: 7},
		User: "set_role"})
	if why != "" || f.Statement.User != b.role.name || f.Statement.UserOID != b.role.oid || f.Seen.Lasting.UserOID != b.role.oid {
		t.Errorf("%s, %+v", why, f.Statement)
	}
	if _, why := (playbook{}).ByHand(probes.NewWindow(0), probes.StatementLoad{StatementKey: probes.StatementKey{QueryID: 7}}); why == "" {
		t.Error("there is no sample")
	}
	if found := (playbook{}).Diagnose(s.w); found != nil {
		t.Error(found)
	}
}
