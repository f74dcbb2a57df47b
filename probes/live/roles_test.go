package live

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/explain"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// scene is a server on which another role, shop, does what an incident is made of. Nothing on it moves but the statements.
type scene struct {
	dsn                                             string // of database shop, as the superuser
	shop                                            *pgx.Conn
	warehouse                                       *pgx.Conn // in the other database
	idleInTx, waiter, behindPrepared, build, vacuum int32
	mu                                              sync.Mutex
	calls                                           int // of each of the two statements
}

const (
	shopStatement      = "SELECT count(*) AS marker_shop FROM orders WHERE customer = $1"
	warehouseStatement = "SELECT count(*) AS marker_warehouse FROM parcels WHERE weight > $1"
)

func newScene(t *testing.T) *scene {
	t.Helper()
	server := pgtest.Server(t, map[string]string{"max_prepared_transactions": "2", "autovacuum": "off", "max_parallel_workers": "0"})
	admin := pgtest.Connect(t, server.DSN("postgres"), nil)
	pgtest.Execute(t, admin, "CREATE ROLE shop LOGIN PASSWORD 'p'", "CREATE DATABASE shop OWNER shop", "CREATE DATABASE warehouse OWNER shop",
		"SELECT pg_create_physical_replication_slot('forgotten', true)")
	_ = admin.Close(t.Context())
	admin = pgtest.Connect(t, server.DSN("shop"), nil)
	pgtest.Execute(t, admin, "CREATE EXTENSION pg_stat_statements", "GRANT CREATE ON SCHEMA public TO shop")
	_ = admin.Close(t.Context())
	admin = pgtest.Connect(t, server.DSN("warehouse"), nil)
	pgtest.Execute(t, admin, "GRANT CREATE ON SCHEMA public TO shop")
	_ = admin.Close(t.Context())

	s := &scene{dsn: server.DSN("shop")}
	open := func(params map[string]string) *pgx.Conn {
		return pgtest.Connect(t, pgtest.As(t, s.dsn, "shop", "p"), params)
	}
	s.shop = open(nil)
	pgtest.Execute(t, s.shop, "CREATE TABLE orders AS SELECT n AS id, n % 100 AS customer FROM generate_series(1, 5000) AS n", "CREATE INDEX ON orders (id)",
		"ANALYZE orders", "CREATE TABLE wide AS SELECT n, repeat('x', 500) AS filler FROM generate_series(1, 40000) AS n",
		"BEGIN", "UPDATE orders SET customer = 0 WHERE id = 2", "PREPARE TRANSACTION 'two'")
	s.warehouse = pgtest.Connect(t, pgtest.As(t, server.DSN("warehouse"), "shop", "p"), nil)
	pgtest.Execute(t, s.warehouse, "CREATE TABLE parcels AS SELECT n AS weight FROM generate_series(1, 1000) AS n")

	writer := open(map[string]string{"application_name": "writer"})
	pgtest.Execute(t, writer, "BEGIN", "UPDATE orders SET customer = 0 WHERE id = 1")
	s.idleInTx = int32(writer.PgConn().PID())
	s.waiter = pgtest.InBackground(t, open(nil), "UPDATE orders SET customer = 0 WHERE id = 1")
	s.behindPrepared = pgtest.InBackground(t, open(nil), "UPDATE orders SET customer = 0 WHERE id = 2")
	s.build = pgtest.InBackground(t, open(nil), "CREATE INDEX CONCURRENTLY orders_customer ON orders (customer)")
	s.vacuum = pgtest.InBackground(t, open(map[string]string{"vacuum_cost_delay": "100", "vacuum_cost_limit": "1"}), "VACUUM wide")
	pgtest.InBackground(t, open(nil), "SELECT pg_sleep(600)")
	receiver, err := pgconn.Connect(t.Context(), s.dsn+"&replication=true&application_name=receiver")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = receiver.Close(t.Context()) })
	return s
}

// The scene's sessions by what they do; the one in the other database is idle.
var sceneCounts = probes.Counts{Total: 8, InDatabase: 7, Active: 5, Idle: 2, IdleInTx: 1, LockWaits: 3}

// call lets the two statements be called once more.
func (s *scene) call(t *testing.T) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	for conn, sql := range map[*pgx.Conn]string{s.shop: shopStatement, s.warehouse: warehouseStatement} {
		if _, err := conn.Exec(t.Context(), sql, 7); err != nil {
			t.Fatal(err)
		}
	}
}

// onlooker is a role that looks at the scene.
type onlooker struct {
	name   string
	member []string
	stats  bool // it may see what other roles' sessions do
	data   bool // it may read their tables
}

var onlookers = []onlooker{
	{name: "postgres", stats: true, data: true},
	{name: "monitoring", member: []string{"pg_monitor"}, stats: true},
	{name: "reading", member: []string{"pg_monitor", "pg_read_all_data"}, stats: true, data: true},
	{name: "nothing"},
}

// dsn makes the role, where it is not the superuser.
func (o onlooker) dsn(t *testing.T, s *scene) string {
	t.Helper()
	if o.name == "postgres" {
		return s.dsn
	}
	admin := pgtest.Connect(t, s.dsn, nil)
	pgtest.Execute(t, admin, "CREATE ROLE "+o.name+" LOGIN PASSWORD 'p'")
	for _, group := range o.member {
		pgtest.Execute(t, admin, "GRANT "+group+" TO "+o.name)
	}
	_ = admin.Close(t.Context())
	return pgtest.As(t, s.dsn, o.name, "p")
}

// view is what an onlooker has seen by now.
type view struct {
	*scene
	*probes.Sample // the parts as they were last read
	window         *probes.Window
}

// check is what one probe brings of the scene. wrong says what is not as it is there; empty: all is.
type check struct {
	probe string
	grant string // without which the probe is blind, a Failure says so, and there is nothing; empty: every role sees it
	wrong func(v view) string
}

var sceneChecks = []check{
	{"activity", "", func(v view) string {
		c := v.Counts()
		return unless(c.Total == sceneCounts.Total && c.InDatabase == sceneCounts.InDatabase && c.Active+c.Idle+c.IdleInTx+c.Unknown == c.Total, c)
	}},
	{"activity", "pg_read_all_stats", func(v view) string {
		c := v.Counts()
		c.At, c.Ours = sceneCounts.At, 0
		return unless(c == sceneCounts, c)
	}},
	{"locks", "pg_read_all_stats", func(v view) string {
		return unless(blockedBy(v, v.waiter, v.idleInTx) && blockedBy(v, v.behindPrepared, 0) && blockedBy(v, v.build, 0, v.idleInTx, v.waiter, v.behindPrepared), v.Waits)
	}},
	{"prepared", "", func(v view) string {
		return unless(len(v.Prepared) == 1 && v.Prepared[0].GID == "two" && v.Prepared[0].Owner == "shop" && v.Prepared[0].Database == "shop", v.Prepared)
	}},
	{"builds", "pg_read_all_stats", func(v view) string {
		return unless(len(v.Builds) == 1 && v.Builds[0].PID == v.build && v.Builds[0].Relation == "public.orders" &&
			v.Builds[0].Phase == "waiting for writers before build", v.Builds)
	}},
	{"progress", "pg_read_all_stats", func(v view) string {
		return unless(len(v.Progress) == 1 && v.Progress[0].PID == v.vacuum && v.Progress[0].Relation == "public.wide" && v.Progress[0].Total > 1000, v.Progress)
	}},
	{"replicas", "pg_read_all_stats", func(v view) string {
		return unless(len(v.Replicas) == 1 && v.Replicas[0].State == "startup" && v.Replicas[0].Application == "receiver", v.Replicas)
	}},
	{"slots", "", func(v view) string {
		return unless(len(v.Slots) == 1 && v.Slots[0].Name == "forgotten" && v.Slots[0].RetainedBytes > 0, v.Slots)
	}},
	{"statements", "pg_read_all_stats", func(v view) string {
		return v.statement("marker_shop", "shop") + v.statement("marker_warehouse", "warehouse")
	}},
	{"settings", "pg_read_all_settings", func(v view) string {
		named := func(s probes.Setting) bool {
			return s.Name == "shared_preload_libraries" && s.Value == "pg_stat_statements"
		}
		return unless(slices.ContainsFunc(v.Settings, named), v.Settings)
	}},
	{"ceiling", "", func(v view) string {
		return unless(v.Ceiling.MaxConnections == 100 && v.Ceiling.Application() == 97 && v.Ceiling.DatabaseLimit == -1, v.Ceiling)
	}},
	{"databases", "", func(v view) string {
		committed := func(d probes.DatabaseDelta) bool { return d.Database == "shop" && d.Commits > 0 }
		return unless(slices.ContainsFunc(v.Databases, committed), v.Databases)
	}},
	{"writes", "", func(v view) string { return unless(v.Writes.Known && v.Writes.WALBytes >= 0, v.Writes) }},
	{"identity", "", func(v view) string {
		return unless(v.Server.SystemIdentifier != "" && v.Server.Timeline == 1 && v.Server.Database == "shop", v.Server)
	}},
}

// unless returns what was found, where it is not right.
func unless(right bool, found any) string {
	if right {
		return ""
	}
	return fmt.Sprintf("%+v; ", found)
}

// blockedBy says whether the session waits for one of the others, and for nobody else. 0 is the prepared transaction.
func blockedBy(v view, waiter int32, blockers ...int32) bool {
	return slices.ContainsFunc(v.Waits, func(w probes.LockWait) bool {
		return w.PID == waiter && len(w.BlockedBy) > 0 && !slices.ContainsFunc(w.BlockedBy, func(by int32) bool { return !slices.Contains(blockers, by) })
	})
}

// statement says what is wrong with one of the two statements' figures.
func (v view) statement(marker, database string) string {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, row := range v.window.Statements() {
		if strings.Contains(row.Text, marker) {
			return unless(row.Calls > 0 && row.Calls <= int64(v.calls) && row.Database == database && row.User == "shop", row)
		}
	}
	return "no statement " + marker + "; "
}

// wrong says what the onlooker does not see right: each check must hold, or its probe's Failure must name the GRANT that is lacking.
func (o onlooker) wrong(v view) string {
	var all strings.Builder
	for _, c := range sceneChecks {
		found, said := c.wrong(v), failure(v.Sample, c.probe)
		switch blind := c.grant != "" && !o.stats; {
		case blind && !strings.Contains(said, "GRANT "+c.grant+" TO "+o.name):
			fmt.Fprintf(&all, "%s is blind and says %q; ", c.probe, said)
		case blind && found == "":
			fmt.Fprintf(&all, "%s is there, and yet it says %q; ", c.probe, said)
		case !blind && found != "":
			fmt.Fprintf(&all, "%s: %s", c.probe, found)
		case c.grant != "" && o.stats && said != "":
			fmt.Fprintf(&all, "%s says %q; ", c.probe, said)
		}
	}
	return all.String()
}

// TestEveryRole: what each role sees of the scene is right, or a reason with the GRANT that shows it stands in its place, and that GRANT does show it.
func TestEveryRole(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	for _, o := range onlookers {
		t.Run(o.name, func(t *testing.T) {
			t.Parallel() // they wait for probes with a slow pace
			dsn := o.dsn(t, s)
			failures := s.look(t, dsn, o)
			if !o.stats {
				s.grant(t, o, failures...)
				o.stats = true
				s.look(t, dsn, o) // anew: the settings are read once a minute
			}
			if !o.data {
				_, err := newServer(t, Config{DSN: dsn}).Ask().Explain(t.Context(), shopQuestion)
				s.grant(t, o, probes.Failure{Reason: err.Error()})
				o.data = true
				s.explains(t, newServer(t, Config{DSN: dsn}).Ask(), o)
			}
		})
	}
}

// look looks, explains, and ends.
func (s *scene) look(t *testing.T, dsn string, o onlooker) []probes.Failure {
	t.Helper()
	server := newServer(t, Config{DSN: dsn})
	defer server.Close()
	failures := s.watch(t, stream(t, server), o)
	s.explains(t, server.Ask(), o)
	return failures
}

// watch looks until all is right, and returns the failures that are said then.
func (s *scene) watch(t *testing.T, ticks <-chan probes.Tick, o onlooker) []probes.Failure {
	t.Helper()
	w := probes.NewWindow(0)
	why := "no sample"
	defer func() {
		if why != "" {
			t.Errorf("not right: %s", why)
		}
	}()
	var last *probes.Sample
	waitForSample(t, ticks, "all that "+o.name+" is to see", func(sample *probes.Sample) bool {
		w.Add(sample, probes.Assessment{})
		last = sample
		if !sample.Statements.Since.IsZero() {
			s.call(t)
		}
		why = o.wrong(view{s, w.Current(), w})
		return why == ""
	})
	return last.Failures
}

// granted finds the role to grant in a reason.
var granted = regexp.MustCompile(`GRANT (pg_\w+) TO`)

// grant does what the reasons say.
func (s *scene) grant(t *testing.T, o onlooker, failures ...probes.Failure) {
	t.Helper()
	admin := pgtest.Connect(t, s.dsn, nil)
	defer admin.Close(t.Context())
	groups := map[string]bool{}
	for _, f := range failures {
		if found := granted.FindStringSubmatch(f.Reason); found != nil && !groups[found[1]] {
			groups[found[1]] = true
			pgtest.Execute(t, admin, "GRANT "+found[1]+" TO "+o.name)
		}
	}
	if len(groups) == 0 {
		t.Errorf("no GRANT is named in %+v", failures)
	}
}

var shopQuestion = explain.Question{Statement: shopStatement, Class: plan.Heavy}

// explains asks for plans of a statement of another role, here and in the other database.
func (s *scene) explains(t *testing.T, ask *Asker, o onlooker) {
	t.Helper()
	elsewhere := explain.Question{Statement: warehouseStatement, Class: plan.Heavy, Database: "warehouse"}
	for _, q := range []explain.Question{shopQuestion, elsewhere} {
		p, err := ask.Explain(t.Context(), q)
		switch {
		case o.data && (err != nil || p.Origin.Class != plan.Heavy && q.Database == "" || p.Root == nil):
			t.Errorf("%s: no plan: %v", q.Statement, err)
		case !o.data && (pgerr.State(err) != "42501" || !strings.Contains(err.Error(), "GRANT pg_read_all_data TO")):
			t.Errorf("%s: %v", q.Statement, err)
		}
	}
	s.textsOf(t, ask, o)
}

// textsOf asks for the statements' texts by their ids.
func (s *scene) textsOf(t *testing.T, ask *Asker, o onlooker) {
	t.Helper()
	text, err := ask.StatementText(t.Context(), s.idLike(t, "%marker_shop%"))
	if o.stats && (err != nil || !strings.Contains(text, "marker_shop")) || !o.stats && (err == nil || !strings.Contains(err.Error(), "GRANT pg_read_all_stats")) {
		t.Errorf("text %q, %v", text, err)
	}
	_, err = ask.StatementText(t.Context(), s.idLike(t, "%marker_warehouse%"))
	var there *explain.ElsewhereError
	if offered := errors.As(err, &there) && there.Database == "warehouse" && strings.Contains(err.Error(), "-d warehouse"); o.stats && !offered {
		t.Errorf("the other database's statement: %v", err)
	}
}

func (s *scene) idLike(t *testing.T, pattern string) int64 {
	t.Helper()
	return pgtest.Eventually(t, s.dsn, "SELECT queryid FROM pg_stat_statements WHERE query LIKE $1 AND query NOT LIKE '%pg_stat_statements%'", pattern)
}
