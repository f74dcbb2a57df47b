package doctor

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pgmedic/pgmedic/probes/pgserver"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// examine examines a server that answers.
func examine(t *testing.T, dsn string) *Report {
	t.Helper()
	report, err := Examine(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// find returns the finding of a check; a zero one where it found nothing.
func find(r *Report, check string) Finding {
	at := slices.IndexFunc(r.Findings, func(f Finding) bool { return f.Check == check })
	if at < 0 {
		return Finding{}
	}
	return r.Findings[at]
}

// newRole makes a role with a password that ends with the test, and returns the DSN for it.
func newRole(t *testing.T, dsn, name string, grants ...string) string {
	t.Helper()
	quoted := pgx.Identifier{name}.Sanitize()
	conn := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, conn, "CREATE ROLE "+quoted+" LOGIN PASSWORD 'secret'")
	for _, grant := range grants {
		pgtest.Execute(t, conn, "GRANT "+grant+" TO "+quoted)
	}
	t.Cleanup(func() {
		pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "DROP OWNED BY "+quoted+" CASCADE", "DROP ROLE "+quoted)
	})
	return pgtest.As(t, dsn, name, "secret")
}

// What each role is blind to, with the grant that mends it.
func TestRoles(t *testing.T) {
	dsn := pgtest.Database(t)
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "CREATE TABLE orders (id int)")
	version := examine(t, dsn).Readings.major()
	grants := map[string][]string{"doctor_nothing": nil, "doctor_monitor": {"pg_monitor"}}
	if version >= 14 {
		grants["doctor_reader"] = []string{"pg_monitor", "pg_read_all_data"}
	}
	for name, granted := range grants {
		report := examine(t, newRole(t, dsn, name, granted...))
		sees, reads := find(report, "access.sessions"), find(report, "access.explain")
		if blind := len(granted) < 1; (sees.Severity == Critical) != blind || sees.Blind != blind || sees.Severity == "" {
			t.Errorf("%s: %+v", name, sees)
		}
		if blind := len(granted) < 2; (reads.Severity == Warning) != blind || reads.Blind != blind || reads.Severity == "" {
			t.Errorf("%s: %+v", name, reads)
		}
		for _, f := range report.Findings {
			if f.Check == "access.blind" && f.Title != "Not read: errors in the configuration files" {
				t.Errorf("%s: %s %v", name, f.Title, f.Read)
			}
		}
	}
}

// The doctor's own sessions have timeouts; it must not take them for the server's, nor overlook the server's behind them.
func TestTimeoutsOfOthersAreSeen(t *testing.T) {
	dsn := pgtest.Database(t)
	report := examine(t, dsn)
	for _, check := range []string{"timeouts.lock", "timeouts.statement", "timeouts.idle_in_transaction"} {
		if f := find(report, check); len(f.Read) == 0 || !strings.Contains(f.Read[0], " = 0 (default)") {
			t.Errorf("%s: %+v", check, f)
		}
	}
	name := pgtest.Value(t, dsn, "SELECT current_database()::text")
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "ALTER DATABASE "+name+" SET lock_timeout = '70ms'")
	report = examine(t, dsn)
	f := find(report, "timeouts.lock")
	if f.Severity != Warning || !strings.Contains(f.Title, "70ms for this database") || f.Mend[0].SQL != "ALTER DATABASE "+name+" SET lock_timeout = 0;" {
		t.Errorf("%+v", f)
	}
	if f := find(report, "timeouts.roles"); f.Severity != Warning {
		t.Errorf("%+v", f)
	}
}

// A reading that is refused says which grant lets it; the others go on.
func TestRefusedReading(t *testing.T) {
	dsn := pgtest.Database(t)
	owner := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, owner, "REVOKE SELECT ON pg_catalog.pg_replication_slots FROM PUBLIC", "REVOKE SELECT ON pg_catalog.pg_prepared_xacts FROM PUBLIC")
	report := examine(t, newRole(t, dsn, "doctor_refused", "pg_read_all_stats"))
	var blind []string
	for _, f := range report.Findings {
		if f.Check == "access.blind" {
			blind = append(blind, fmt.Sprint(f.Title, f.Read, f.Mend))
		}
	}
	text := strings.Join(blind, "\n")
	if !strings.Contains(text, "replication slots[this role may not read it] [{GRANT pg_monitor TO doctor_refused;") || !strings.Contains(text, "prepared transactions") {
		t.Errorf("blind: %s", text)
	}
	if report.Readings.Slots != nil || find(report, "replication.slot_limit").Check != "" || find(report, "replication.prepared").Check != "" {
		t.Errorf("what was not read was judged")
	}
	if find(report, "indexes.invalid").Severity != Fine {
		t.Errorf("the readings after it did not go on")
	}
}

// The doctor waits for nobody's lock, and is not fooled by functions of the application's.
func TestLockedTablesAndForeignFunctions(t *testing.T) {
	dsn := pgtest.Database(t)
	locker := pgtest.Connect(t, dsn, nil)
	name := pgtest.Value(t, dsn, "SELECT current_database()::text")
	pgtest.Execute(t, locker, "CREATE TABLE orders (id int)", "CREATE INDEX orders_id ON orders (id)",
		"CREATE FUNCTION public.host(inet) RETURNS text LANGUAGE sql AS $$ SELECT 'evil' $$",
		"CREATE FUNCTION public.age(xid) RETURNS int LANGUAGE sql AS $$ SELECT 1/0 $$",
		"ALTER DATABASE "+name+" SET search_path = public, pg_catalog", "BEGIN", "LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
	report := examine(t, dsn)
	for _, b := range report.Readings.Blind {
		t.Errorf("not read: %s: %s", b.What, b.Reason)
	}
	if text := report.Text(Symbols, ChatWidth); strings.Contains(text, "evil") {
		t.Error("a function of the application's answered")
	}
}

// Names from the server reach no terminal and no markup as they are; SQL that would hit another name is not offered.
func TestHostileNames(t *testing.T) {
	dsn := pgtest.Database(t)
	conn := pgtest.Connect(t, dsn, nil)
	const evil = "a\x1b]0;gone\x07`</pre><img src=x>``` @all  --\n"
	quoted := pgx.Identifier{evil}.Sanitize()
	pgtest.Execute(t, conn, "CREATE SCHEMA "+quoted, "CREATE TABLE "+quoted+".orders (id int) WITH (autovacuum_enabled = off)",
		"CREATE TABLE "+quoted+".more (id int) WITH (autovacuum_enabled = off)")
	plain := newRole(t, dsn, "``` doctor")
	pgtest.Connect(t, plain, map[string]string{"application_name": "web\t`rm`"})
	report := examine(t, dsn)
	text, err := report.JSON()
	if err != nil {
		t.Fatal(err)
	}
	grants := report.Grants("pgmedic")
	for format, out := range map[string]string{
		"text": report.Text(Symbols, ChatWidth), "markdown": report.Markdown(), "json": text, "grants": grants.Text(ChatWidth), "grants in markdown": grants.Markdown(),
	} {
		if strings.ContainsAny(out, "\x1b\x07") {
			t.Errorf("%s: control characters of a name went through", format)
		}
	}
	words := strings.ReplaceAll(outsideFences(report.Markdown()), `\<`, "")
	if strings.Contains(words, "<img") || strings.Contains(words, "@all") || !strings.Contains(words, "img src") {
		t.Errorf("markdown: markup of a name went through")
	}
	f := find(report, "vacuum.tables_off")
	if len(f.Mend) != 2 || f.Mend[0].SQL != "" || f.Mend[0].Do != unshowable {
		t.Errorf("mend %+v; want none that would name another table", f.Mend)
	}
}

// outsideFences returns the markdown without its fenced blocks, told apart as CommonMark does.
func outsideFences(markdown string) string {
	var out []string
	fence := ""
	for _, line := range strings.Split(markdown, "\n") {
		marks := line[:len(line)-len(strings.TrimLeft(line, "`"))]
		switch {
		case fence == "" && len(marks) >= 3:
			fence = marks
		case fence != "" && len(marks) >= len(fence) && strings.TrimSpace(line) == marks:
			fence = ""
		case fence == "":
			out = append(out, line)
		}
	}
	return strings.Join(out, "\n")
}

// What the doctor says mends a setting does mend it.
func TestMendsByReload(t *testing.T) {
	server, err := pgserver.Start(t.Context(), pgserver.Options{Settings: map[string]string{
		"lock_timeout": "2s", "statement_timeout": "1min", "log_line_prefix": "", "autovacuum": "off",
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	dsn := server.DSN("postgres")
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "CREATE EXTENSION pg_stat_statements", "CREATE TABLE orders (id int)")
	conn := pgtest.Connect(t, dsn, nil)
	want := map[string]bool{}
	for _, f := range examine(t, dsn).Findings {
		for _, step := range f.Mend {
			if step.SQL != "" && !strings.Contains(step.SQL, "APPLICATION") && slices.Contains(f.Mend, reloadStep) {
				pgtest.Execute(t, conn, step.SQL)
				want[f.Check] = true
			}
		}
	}
	if len(want) < 12 {
		t.Fatalf("only %v are mended by a reload", want)
	}
	pgtest.Execute(t, conn, "SELECT pg_reload_conf()")
	pgtest.Eventually(t, dsn, "SELECT 1 WHERE current_setting('autovacuum') = 'on'") // the postmaster gives new sessions what it has read
	report := examine(t, dsn)
	for check := range want {
		switch f := find(report, check); {
		case check == "timeouts.statement":
			if f.Severity != Note {
				t.Errorf("%s: %+v", check, f)
			}
		case f.Severity != Fine:
			t.Errorf("%s is not mended: %s %v", check, f.Title, f.Read)
		}
	}
}

// The printed grants make a role that sees everything, and with the second part one that may act.
func TestGrantsWork(t *testing.T) {
	dsn := pgtest.Database(t)
	conn := pgtest.Connect(t, dsn, nil)
	const role, owner = `On "Call"`, "Shop Owner"
	pgtest.Execute(t, conn, `CREATE ROLE "Shop Owner"`, `CREATE SCHEMA "S 1" AUTHORIZATION "Shop Owner"`, `CREATE TABLE "S 1".orders (id int)`,
		`ALTER TABLE "S 1".orders OWNER TO "Shop Owner"`)
	t.Cleanup(func() {
		clean := pgtest.Connect(t, dsn, nil)
		for _, name := range []string{role, owner} {
			quoted := pgx.Identifier{name}.Sanitize()
			pgtest.Execute(t, clean, "DROP OWNED BY "+quoted+" CASCADE", "DROP ROLE "+quoted)
		}
	})
	grants := examine(t, dsn).Grants(role)
	run := func(part []Grant) {
		for _, g := range part {
			if g.SQL != "" {
				pgtest.Execute(t, conn, g.SQL)
			}
		}
	}
	run(grants.Look)
	pgtest.Execute(t, conn, "ALTER ROLE "+pgx.Identifier{role}.Sanitize()+" PASSWORD 'secret'")
	looking := pgtest.As(t, dsn, role, "secret")
	report := examine(t, looking)
	if report.blind() != 0 || find(report, "access.sessions").Severity != Fine || find(report, "access.explain").Severity != Fine {
		t.Errorf("the looking role is blind in %d: %+v %+v", report.blind(), find(report, "access.sessions"), find(report, "access.explain"))
	}
	if find(report, "access.build").Severity != Note || find(report, "access.signal").Severity != Note {
		t.Errorf("the looking role may act: %+v %+v", find(report, "access.build"), find(report, "access.signal"))
	}
	run(grants.Act)
	report = examine(t, looking)
	if find(report, "access.build").Severity != Fine || find(report, "access.signal").Severity != Fine {
		t.Errorf("the acting role may not act: %+v %+v", find(report, "access.build"), find(report, "access.signal"))
	}
	pgtest.Execute(t, pgtest.Connect(t, looking, nil), `CREATE INDEX CONCURRENTLY orders_id ON "S 1".orders (id)`)
}

// A managed service is known by its roles.
func TestKindIsSeen(t *testing.T) {
	dsn := pgtest.Database(t)
	if kind := examine(t, dsn).Readings.kind(); kind != Plain {
		t.Errorf("kind %s, want plain", kind)
	}
	for role, want := range map[string]Kind{"rds_superuser": RDS, "cloudsqlsuperuser": CloudSQL, "azure_pg_admin": Azure} {
		conn := pgtest.Connect(t, dsn, nil)
		pgtest.Execute(t, conn, "CREATE ROLE "+role)
		report := examine(t, dsn)
		pgtest.Execute(t, conn, "DROP ROLE "+role)
		if f := find(report, "logging.lock_waits"); report.Readings.kind() != want || strings.Contains(fmt.Sprint(f.Mend), "ALTER SYSTEM") {
			t.Errorf("%s: kind %s, mend %v", role, report.Readings.kind(), f.Mend)
		}
	}
}

// A server that cannot be reached is an error that names it and not the password.
func TestServerNotReached(t *testing.T) {
	for _, dsn := range []string{"postgres://doctor:hush@127.0.0.1:1/shop", "postgres://doctor:hush@127.0.0.1:nonsense/shop"} {
		_, err := Examine(t.Context(), dsn)
		if err == nil || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: %v", dsn, err)
		}
	}
}

// A role without a slot is told that the doctor is for another day.
func TestNoSlot(t *testing.T) {
	dsn := pgtest.Database(t)
	full := newRole(t, dsn, "doctor_full")
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "ALTER ROLE doctor_full CONNECTION LIMIT 0")
	if _, err := Examine(t.Context(), full); err == nil || !strings.Contains(err.Error(), "no slot is free") || !strings.Contains(err.Error(), "SQLSTATE 53300") {
		t.Errorf("%v", err)
	}
}

// In between, the port and the pid differ from the server's: that is said.
func TestForwardedConnection(t *testing.T) {
	dsn := pgtest.Database(t)
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go forward(listener, fmt.Sprintf("%s:%d", config.Host, config.Port))
	forwarded := strings.Replace(dsn, fmt.Sprintf(":%d/", config.Port), fmt.Sprintf(":%d/", listener.Addr().(*net.TCPAddr).Port), 1)
	if f := find(examine(t, forwarded), "connection.direct"); f.Severity != Note || !strings.Contains(f.Read[0], fmt.Sprint(config.Port)) {
		t.Errorf("%+v", f)
	}
	if f := find(examine(t, dsn), "connection.direct"); f.Severity != Fine {
		t.Errorf("direct: %+v", f)
	}
}

// forward passes connections on until the listener is closed.
func forward(listener net.Listener, to string) {
	for {
		client, err := listener.Accept()
		if err != nil {
			return
		}
		server, err := net.DialTimeout("tcp", to, time.Minute)
		if err != nil {
			client.Close()
			continue
		}
		go pass(client, server)
		go pass(server, client)
	}
}

// pass copies until one side is closed, then closes both.
func pass(from, to net.Conn) {
	defer from.Close()
	defer to.Close()
	buffer := make([]byte, 1<<14)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}
