package doctor

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pgmedic/pgmedic/probes/pgserver"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// between starts a proxy before a server until the test ends and returns the DSN through it. seen gets what a client sends, and says whether that
// client's answers go on.
func between(t *testing.T, dsn string, seen func([]byte) bool) string {
	t.Helper()
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	to := net.JoinHostPort(config.Host, strconv.Itoa(int(config.Port)))
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", to)
			if err != nil {
				client.Close()
				continue
			}
			var mute atomic.Bool
			go relay(client, server, func(sent []byte) bool { mute.Store(mute.Load() || !seen(sent)); return true })
			go relay(server, client, func([]byte) bool { return !mute.Load() })
		}
	}()
	return strings.Replace(dsn, fmt.Sprintf(":%d/", config.Port), fmt.Sprintf(":%d/", listener.Addr().(*net.TCPAddr).Port), 1)
}

// relay copies what pass lets through until one side is closed, then closes both.
func relay(from, to net.Conn, pass func([]byte) bool) {
	defer from.Close()
	defer to.Close()
	_, _ = io.Copy(writer(func(b []byte) (int, error) {
		if !pass(b) {
			return len(b), nil
		}
		return to.Write(b)
	}), from)
}

type writer func([]byte) (int, error)

func (w writer) Write(b []byte) (int, error) { return w(b) }

// Over a slow link each round trip counts: a reading costs one.
func TestRoundTrips(t *testing.T) {
	var sent atomic.Int64
	report := examine(t, between(t, pgtest.Database(t), func([]byte) bool { sent.Add(1); return true }))
	t.Logf("%d round trips for %d readings, connecting included", sent.Load(), report.Reads)
	if sent.Load() > 60 {
		t.Errorf("%d round trips; want 60 at most", sent.Load())
	}
}

// What does not answer leaves itself and what comes after it out; what was read before stays.
func TestWhatWasReadIsKept(t *testing.T) {
	slow := between(t, pgtest.Database(t), func(sent []byte) bool { return !bytes.Contains(sent, []byte("pgmedic:owners")) })
	report, err := examineWithin(t.Context(), slow, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	f := find(report, "access.blind")
	if f.Severity != Warning || !strings.Contains(f.Title, "the tables' owners, the databases") || !strings.Contains(f.Title, "the archiver") {
		t.Errorf("%+v", f)
	}
	if strings.Contains(f.Title, "the settings") || find(report, "statements.loaded").Severity != Fine || find(report, "timeouts.lock").Severity != Fine {
		t.Errorf("what was read is missing: %+v %+v", find(report, "statements.loaded"), find(report, "timeouts.lock"))
	}
	if grants := report.Grants("pgmedic").Text(ChatWidth); !strings.Contains(grants, "Not read, grants for it may be missing: the tables' owners") {
		t.Error(grants)
	}
}

// A connection that breaks in between costs the reading that it broke in.
func TestConnectionLostInBetween(t *testing.T) {
	dsn := pgtest.Database(t)
	killer := pgtest.Connect(t, dsn, map[string]string{"application_name": "killer"})
	var done atomic.Bool
	broken := between(t, dsn, func(sent []byte) bool {
		if bytes.Contains(sent, []byte("pgmedic:databases")) && !done.Swap(true) {
			pgtest.Execute(t, killer, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pgmedic' AND datname = current_database()")
		}
		return true
	})
	report := examine(t, broken)
	var blind []string
	for _, b := range report.Readings.Blind {
		blind = append(blind, b.What)
	}
	if fmt.Sprint(blind) != "[the databases]" || report.Readings.Archiver == nil {
		t.Errorf("not read: %v", report.Readings.Blind)
	}
}

// Timeouts that stand in the connection string are not the server's, and do not hide the server's.
func TestTimeoutsInTheConnectionString(t *testing.T) {
	dsn := pgtest.Database(t) + "&lock_timeout=3s&options=-c%20statement_timeout%3D7s%20-c%20work_mem%3D5MB"
	report := examine(t, dsn)
	for _, check := range []string{"timeouts.lock", "timeouts.statement", "timeouts.idle_in_transaction"} {
		if f := find(report, check); len(f.Read) == 0 || !strings.Contains(f.Read[0], " = 0 (default)") {
			t.Errorf("%s: %+v", check, f)
		}
	}
	report = examine(t, pgtest.Database(t)+"&options=-c%20log_lock_waits%3Don")
	if f := find(report, "access.blind"); !strings.Contains(f.Title, "Not read: log_lock_waits") || find(report, "logging.lock_waits").Check != "" {
		t.Errorf("a setting of the session's own was judged: %+v", f)
	}
}

// archive_mode alone archives nothing; the command's text, which may hold a password, is not shown.
func TestArchiving(t *testing.T) {
	server, err := pgserver.Start(t.Context(), pgserver.Options{Settings: map[string]string{"archive_mode": "on"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	dsn := server.DSN("postgres")
	conn := pgtest.Connect(t, dsn, nil)
	if f := find(examine(t, dsn), "replication.archive"); f.Severity != Critical || !strings.Contains(f.Title, "nothing is set") {
		t.Errorf("without a command: %+v", f)
	}
	pgtest.Execute(t, conn, "ALTER SYSTEM SET archive_command = 'test ! -f /nowhere/secret'", "SELECT pg_reload_conf()")
	pgtest.Eventually(t, dsn, "SELECT 1 WHERE current_setting('archive_command') LIKE '%secret%'")
	report := examine(t, dsn)
	f := find(report, "replication.archive")
	if text := report.Text(Symbols, ChatWidth); f.Severity != Warning || !strings.Contains(f.Title, "never archived") || strings.Contains(text, "secret") {
		t.Errorf("with a command that was never called: %+v", f)
	}
	pgtest.Execute(t, conn, "CREATE TABLE orders (id int)", "SELECT pg_switch_wal()")
	pgtest.Eventually(t, dsn, "SELECT 1 FROM pg_stat_archiver WHERE archived_count > 0")
	if f := find(examine(t, dsn), "replication.archive"); f.Severity != Fine {
		t.Errorf("archived: %+v", f)
	}
}

// A slot that was never used keeps nothing.
func TestUnusedSlot(t *testing.T) {
	dsn := pgtest.Database(t)
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "SELECT pg_create_physical_replication_slot('doctor_unused')")
	t.Cleanup(func() {
		pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "SELECT pg_drop_replication_slot('doctor_unused')")
	})
	if f := find(examine(t, dsn), "replication.slots"); f.Severity != Note || !strings.Contains(f.Title, "keeps no WAL yet") || !strings.Contains(f.Read[0], "no restart_lsn") {
		t.Errorf("%+v", f)
	}
}

// The extension in a schema that this role may not use: the grant is on the schema.
func TestExtensionInAnotherSchema(t *testing.T) {
	dsn := pgtest.Database(t)
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), `CREATE SCHEMA "Ext"`, `ALTER EXTENSION pg_stat_statements SET SCHEMA "Ext"`)
	monitor := newRole(t, dsn, "doctor_schema", "pg_monitor")
	f := find(examine(t, monitor), "access.blind")
	for _, f = range examine(t, monitor).Findings {
		if f.Title == "Not read: pg_stat_statements" {
			break
		}
	}
	if len(f.Mend) != 1 || f.Mend[0].SQL != `GRANT USAGE ON SCHEMA "Ext" TO doctor_schema;` {
		t.Fatalf("%+v", f)
	}
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), f.Mend[0].SQL)
	if report := examine(t, monitor); report.Readings.Statements == nil {
		t.Errorf("not mended: %+v", report.Readings.Blind)
	}
}

// pgmedic's own sessions count against a limit, and are in no pool.
func TestOwnSessionsCountAgainstLimits(t *testing.T) {
	dsn := pgtest.Database(t)
	limited := newRole(t, dsn, "doctor_limited", "pg_monitor")
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "ALTER ROLE doctor_limited CONNECTION LIMIT 5")
	for range 3 {
		pgtest.Connect(t, limited, map[string]string{"application_name": "pgmedic"})
	}
	report := examine(t, limited)
	if f := find(report, "connections.limits"); f.Severity != Warning || !strings.Contains(f.Title, "role doctor_limited is nearly reached: 4 of 5") {
		t.Errorf("%+v", f)
	}
	for _, p := range report.Readings.Pools {
		if p.Role == "doctor_limited" {
			t.Errorf("pgmedic's own sessions are a pool: %+v", p)
		}
	}
}

// A count that was cut off is not told as the count.
func TestManyOfAKind(t *testing.T) {
	dsn := pgtest.Database(t)
	conn := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, conn, `DO $$ BEGIN
		FOR i IN 1..120 LOOP
			EXECUTE format('CREATE TABLE many_%s (id int) WITH (autovacuum_enabled = off)', i);
			EXECUTE format('CREATE INDEX many_%s_id ON many_%s (id)', i, i);
		END LOOP;
		UPDATE pg_index SET indisvalid = false WHERE indrelid::regclass::text ~ '^many_';
	END $$`)
	report := examine(t, dsn)
	if f := find(report, "indexes.invalid"); f.Title != "120 indexes are INVALID" || f.Read[len(f.Read)-1] != "and 112 more" {
		t.Errorf("%+v", f)
	}
	if f := find(report, "vacuum.tables_off"); f.Title != "Autovacuum is off for 120 tables" {
		t.Errorf("%+v", f)
	}
}

// Where the kinds of sessions are hidden, how full the server may be is said as a bound, and is not fine.
func TestNearlyFullForARoleThatSeesLittle(t *testing.T) {
	server, err := pgserver.Start(t.Context(), pgserver.Options{Settings: map[string]string{"max_connections": "20", "superuser_reserved_connections": "3"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	blind := newRole(t, server.DSN("postgres"), "doctor_blind")
	for range 12 {
		pgtest.Connect(t, server.DSN("postgres"), map[string]string{"application_name": "web"})
	}
	f := find(examine(t, blind), "connections.ceiling")
	if f.Severity != Note || !f.Blind || !strings.HasPrefix(f.Title, "Up to ") || !strings.Contains(f.Title, "of 17 connections are taken now") {
		t.Errorf("%+v", f)
	}
}
