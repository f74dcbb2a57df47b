package brake

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestQueries(t *testing.T) {
	pgtest.Queries(t, sqlFiles, query, "{schema}", "public", "{toplevel}", "s.toplevel", "{partial}", "false")
}

// patience bounds what a test waits for.
const patience = 60 * time.Second

// timeline keeps what the engine records in memory.
type timeline struct {
	mutex  sync.Mutex
	events []record.Event
}

func (l *timeline) AddEvent(e record.Event) (record.Event, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	e.ID = "event " + strconv.Itoa(len(l.events))
	l.events = append(l.events, e)
	return e, nil
}

func (l *timeline) AddPlan(*plan.Plan) (string, error) { return "plan", nil }

func (l *timeline) AddFact(f record.Fact) (record.Fact, error) { return f, nil }

// bench is a database with a role of its own, pgmedic's door to it, and an engine.
type bench struct {
	t        *testing.T
	dsn      string // of a superuser
	role     object
	database object
	server   *live.Server
	engine   *playbooks.Engine
	rec      *timeline
	window   *probes.Window
	ticks    <-chan probes.Tick
}

// newBench makes the role app_… of the database and watches as a superuser.
func newBench(t *testing.T) *bench {
	t.Helper()
	dsn := pgtest.Database(t)
	return benchOn(t, dsn, dsn, "app_"+pgtest.Value(t, dsn, "SELECT current_database()"))
}

// benchOn makes the role in the database of a superuser's DSN, where it is not there, and watches over another DSN.
func benchOn(t *testing.T, dsn, watch, role string) *bench {
	t.Helper()
	b := &bench{t: t, dsn: dsn, rec: &timeline{}}
	if pgtest.Value(t, dsn, "SELECT count(*)::text FROM pg_roles WHERE rolname = $1", role) == "0" {
		b.execute("CREATE ROLE " + sqltext.Ident(role) + " LOGIN PASSWORD 'p'")
		t.Cleanup(func() { pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "DROP ROLE "+sqltext.Ident(role)) })
	}
	b.role = object{b.oid("SELECT oid::text FROM pg_roles WHERE rolname = $1", role), role}
	name := pgtest.Value(t, dsn, "SELECT current_database()")
	b.database = object{b.oid("SELECT oid::text FROM pg_database WHERE datname = $1", name), name}
	server, err := live.New(live.Config{DSN: watch, LookOnly: true, Interval: 200 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	b.server, b.window, b.ticks = server, probes.NewWindow(5*time.Minute), server.Stream(t.Context())
	b.engine = playbooks.NewEngine(server, b.rec, time.Now)
	b.watch(func() bool { return b.window.Last() != nil })
	return b
}

func (b *bench) oid(sql, name string) uint32 {
	b.t.Helper()
	n, err := strconv.ParseUint(pgtest.Value(b.t, b.dsn, sql, name), 10, 32)
	if err != nil {
		b.t.Fatal(err)
	}
	return uint32(n)
}

func (b *bench) execute(statements ...string) {
	b.t.Helper()
	conn := pgtest.Connect(b.t, b.dsn, nil)
	defer conn.Close(context.Background())
	pgtest.Execute(b.t, conn, statements...)
}

// watch takes samples until what is waited for is seen.
func (b *bench) watch(seen func() bool) {
	b.t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case tick := <-b.ticks:
			if tick.Sample != nil {
				b.window.Add(tick.Sample, probes.Assessment{})
				if seen() {
					return
				}
			}
		case <-deadline:
			b.t.Fatalf("it was not seen in %d samples", len(b.window.Counts()))
		}
	}
}

// as is the DSN of the bench's database for a role.
func (b *bench) as(role string) string { return pgtest.As(b.t, b.dsn, role, "p") }

// session opens a session of the role.
func (b *bench) session() *pgx.Conn { return pgtest.Connect(b.t, b.as(b.role.name), nil) }

// has is what a session has of a setting.
func has(t *testing.T, conn *pgx.Conn, setting string) (value string) {
	t.Helper()
	if err := conn.QueryRow(t.Context(), "SHOW "+setting).Scan(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

// finding is by hand, for a statement of the role that nothing is known of.
func (b *bench) finding() playbooks.Finding {
	b.t.Helper()
	f, why := playbook{}.ByHand(b.window, probes.StatementLoad{
		StatementKey: probes.StatementKey{DatabaseOID: b.database.oid, UserOID: b.role.oid, QueryID: 1, TopLevel: true}, User: b.role.name,
		Database: b.database.name,
	})
	if why != "" {
		b.t.Fatal(why)
	}
	return f
}

func (b *bench) ground() *ground {
	b.t.Helper()
	g, err := look(b.t.Context(), b.server.Ask(), b.finding())
	if err != nil {
		b.t.Fatal(err)
	}
	return g
}

// The brakes that the tests apply.
func (b *bench) timeout(limit time.Duration) *playbooks.Draft {
	b.t.Helper()
	return drafted(b.t)(b.ground().draftStatement(b.database, limit, "as the test wishes"))
}

func (b *bench) idle(limit time.Duration) *playbooks.Draft {
	b.t.Helper()
	return drafted(b.t)(b.ground().draftIdle(limit, "as the test wishes"))
}

func (b *bench) roleLimit(n int) *playbooks.Draft {
	b.t.Helper()
	return drafted(b.t)(b.ground().draftLimit(change{limits: connectionLimit, role: b.role}, probes.Peaks{}, n, "as the test wishes"))
}

func (b *bench) databaseLimit(n int) *playbooks.Draft {
	b.t.Helper()
	return drafted(b.t)(b.ground().draftLimit(change{limits: connectionLimit, database: b.database}, probes.Peaks{}, n, "as the test wishes"))
}

func drafted(t *testing.T) func(*playbooks.Draft, error) *playbooks.Draft {
	return func(d *playbooks.Draft, err error) *playbooks.Draft {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
}

// prepare prepares a draft that must not be refused.
func (b *bench) prepare(d *playbooks.Draft) *playbooks.Prepared {
	b.t.Helper()
	p, err := b.engine.Prepare(b.t.Context(), d)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(p.Abandon)
	if p.Refused() != "" {
		b.t.Fatal("refused: ", p.Refused())
	}
	return p
}

// apply carries a draft out to its end.
func (b *bench) apply(d *playbooks.Draft) playbooks.Outcome {
	b.t.Helper()
	run, err := b.prepare(d).Confirm(d.Word)
	if err != nil {
		b.t.Fatal(err)
	}
	for range run.Progress() {
	}
	return run.Outcome()
}

// applied carries out a draft that must succeed.
func (b *bench) applied(d *playbooks.Draft) playbooks.Outcome {
	b.t.Helper()
	o := b.apply(d)
	if o.State != playbooks.Applied || o.Err != nil {
		b.t.Fatalf("%s: %+v", d.Title, o)
	}
	return o
}

// limits are all that the catalogue has of the role's and the database's own.
func (b *bench) limits() string {
	b.t.Helper()
	return pgtest.Value(b.t, b.dsn, `SELECT format('%s %s %s', (SELECT rolconnlimit FROM pg_roles WHERE oid = $1),
		(SELECT datconnlimit FROM pg_database WHERE oid = $2),
		(SELECT string_agg(format('%s%s', CASE WHEN setdatabase = 0 THEN 'all ' END, array_to_string(setconfig, ',')), ' ' ORDER BY setdatabase)
		 FROM pg_db_role_setting WHERE setrole = $1))`, b.role.oid, b.database.oid)
}

func sqlState(err error) string {
	var server *pgconn.PgError
	if errors.As(err, &server) {
		return server.Code
	}
	return fmt.Sprint(err)
}

// inDatabase is a DSN for another database.
func inDatabase(t *testing.T, dsn, name string) string {
	t.Helper()
	uri, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	uri.Path = "/" + name
	return uri.String()
}
