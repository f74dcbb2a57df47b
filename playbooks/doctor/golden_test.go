package doctor

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pgmedic/pgmedic/playbooks/markdown"
	"github.com/pgmedic/pgmedic/probes/pgserver"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

var update = flag.Bool("update", false, "write the golden reports instead of comparing with them")

// neglected is the server of the golden reports: set up badly for an incident, the same on every machine.
func neglected(t *testing.T) *pgserver.Server {
	t.Helper()
	server, err := pgserver.Start(t.Context(), pgserver.Options{Settings: map[string]string{
		"fsync": "off", "autovacuum": "off", "max_prepared_transactions": "5", "lock_timeout": "2s", "log_line_prefix": "%t ", "log_statement": "all",
		"tcp_keepalives_idle": "7200", "tcp_keepalives_interval": "75", "tcp_keepalives_count": "9",
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	owner := pgtest.Connect(t, server.DSN("postgres"), nil)
	pgtest.Execute(t, owner, `CREATE ROLE "shop owner" CONNECTION LIMIT 20 LOGIN PASSWORD 'secret'`, "CREATE ROLE nobody LOGIN PASSWORD 'secret'",
		"ALTER ROLE nobody SET statement_timeout = '5s'", `CREATE DATABASE "Shop" OWNER "shop owner"`)
	shop := pgtest.Connect(t, server.DSN("Shop"), map[string]string{"lock_timeout": "0"})
	pgtest.Execute(t, shop, "CREATE EXTENSION pg_stat_statements", `SET ROLE "shop owner"`, `CREATE SCHEMA sales`,
		`CREATE TABLE sales."Orders" (id int) WITH (autovacuum_enabled = off)`, `INSERT INTO sales."Orders" VALUES (1), (1)`)
	if _, err := shop.Exec(t.Context(), `CREATE UNIQUE INDEX CONCURRENTLY orders_id ON sales."Orders" (id)`); err == nil {
		t.Fatal("a unique index on duplicates was built")
	}
	pgtest.Execute(t, shop, "RESET ROLE", "SELECT pg_create_physical_replication_slot('old_replica', true)",
		"BEGIN", `SELECT count(*) FROM sales."Orders"`, "PREPARE TRANSACTION 'left behind'")
	for _, conn := range []*pgx.Conn{owner, shop} {
		if err := conn.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	waitForClients(t, server.DSN("postgres"), 0)
	app := pgtest.As(t, server.DSN("Shop"), "shop owner", "secret")
	pgtest.Connect(t, app, map[string]string{"application_name": "web"})
	pgtest.Connect(t, app, map[string]string{"application_name": ""})
	return server
}

// waitForClients waits until the server has no other client connections than so many; a session that was closed ends a moment later.
func waitForClients(t *testing.T, dsn string, n int) {
	t.Helper()
	pgtest.Eventually(t, dsn, `SELECT 1 FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() HAVING count(*) = $1`, n)
}

// normalise puts fixed values where the same server set-up reads differently on another machine, at another time, with another minor version.
func normalise(r *Report) {
	r.Took = 120 * time.Millisecond
	readings := r.Readings
	major := readings.major()
	readings.Server.Version, readings.Server.VersionText = major*10000+99, fmt.Sprintf("%d.99", major)
	readings.Server.SystemIdentifier, readings.Server.Port, readings.Session.Port = "7000000000000000001", 5432, 5432
	readings.Target = readings.Server.User + "@127.0.0.1:5432/" + readings.Server.Database
	readings.Session.Now = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	readings.Offset, readings.Doubt = 0, time.Millisecond
	delete(readings.Extensions, "hypopg") // not every machine has it
	for _, settings := range []map[string]Setting{readings.Settings, readings.Plain} {
		for name, s := range settings {
			if s.File != "" {
				s.File, s.Line = "/etc/postgresql/pgmedic.conf", 7
				settings[name] = s
			}
		}
	}
	if s := readings.Statements; s != nil {
		s.Entries, s.Hidden = 100, min(s.Hidden, 1)*40
	}
	if i := readings.StatementsInfo; i != nil {
		i.Since = readings.Session.Now.Add(-time.Hour)
	}
	readings.Sessions.OldestXmin, readings.Sessions.Backends, readings.Sessions.Hidden = 0, 5, min(readings.Sessions.Hidden, 5)
	for i := range readings.Databases {
		readings.Databases[i] = Database{Name: "Shop", XidAge: 1000, MultixactAge: 1}
	}
	for i := range readings.Tables {
		readings.Tables[i].Live, readings.Tables[i].Dead, readings.Tables[i].Changed = 2, 0, 2
	}
	for i := range readings.Slots {
		readings.Slots[i].Retained, readings.Slots[i].XidAge = 5<<20, 0
	}
	for i := range readings.Prepared {
		readings.Prepared[i].Age = 90
	}
	r.Findings = judge(readings)
}

func TestGolden(t *testing.T) {
	server := neglected(t)
	for _, role := range []string{"superuser", "nobody"} {
		dsn := server.DSN("Shop")
		if role == "nobody" {
			dsn = pgtest.As(t, dsn, "nobody", "secret")
		}
		report, err := Examine(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		if report.Took > 2*time.Second {
			t.Logf("%s: the examination took %v", role, report.Took) // the machine may be busy; BenchmarkExamine measures
		}
		checkStructure(t, role, report)
		normalise(report)
		text, err := report.JSON()
		if err != nil {
			t.Fatal(err)
		}
		grants := report.Grants("on call")
		for name, got := range map[string]string{
			role + ".txt": report.Text(Symbols, ChatWidth), role + ".md": report.Markdown(), role + ".json": text, role + "-grants.sql": grants.Text(ChatWidth),
		} {
			checkGolden(t, filepath.Join("testdata", fmt.Sprint(report.Readings.major()), name), got)
		}
		waitForClients(t, server.DSN("postgres"), 2)
	}
}

// checkGolden compares with a golden file. A major version without a folder has none: checkStructure is for all.
func checkGolden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if _, err := os.Stat(filepath.Dir(path)); err != nil {
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; first at %s\nwrite it anew with go test ./playbooks/doctor -run Golden -update, and look at it", path, firstDifference(got, string(want)))
	}
}

func firstDifference(got, want string) string {
	gots, wants := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(gots), len(wants)) {
		if gots[i] != wants[i] {
			return fmt.Sprintf("line %d:\n got %q\nwant %q", i+1, gots[i], wants[i])
		}
	}
	return fmt.Sprintf("the end: %d lines, want %d", len(gots), len(wants))
}

// neglect is what every version must find on the neglected server as superuser.
var neglect = map[string]Severity{
	"durability.fsync": Critical, "vacuum.autovacuum": Critical, "timeouts.lock": Warning, "logging.prefix": Warning, "logging.everything": Warning,
	"vacuum.tables_off": Warning, "indexes.invalid": Warning, "replication.prepared": Warning, "replication.slots": Warning, "replication.slot_limit": Warning,
	"timeouts.roles": Note, "connections.limits": Note, "connections.names": Note, "connections.alerts": Note, "access.full": Fine, "statements.loaded": Fine,
}

// checkStructure holds for every version: all formats tell the same, and what is wrong is found.
func checkStructure(t *testing.T, role string, report *Report) {
	t.Helper()
	text, err := report.JSON()
	if err != nil {
		t.Fatal(err)
	}
	var read struct {
		Severity Severity
		ExitCode int `json:"exit_code"`
		Counts   map[string]int
		Findings []Finding
		Server   struct{ Kind, Version string }
	}
	if err := json.Unmarshal([]byte(text), &read); err != nil {
		t.Fatal(err)
	}
	if read.Severity != Critical || read.ExitCode != 4 || read.Server.Kind != "plain" || read.Server.Version == "" || len(read.Findings) < 30 {
		t.Errorf("%s: severity %s, exit code %d, server %+v, %d findings", role, read.Severity, read.ExitCode, read.Server, len(read.Findings))
	}
	plainText, page := strings.Join(strings.Fields(report.Text(ASCII, ChatWidth)), " "), report.Markdown()
	for _, f := range read.Findings {
		if !strings.Contains(plainText, f.Title) || !strings.Contains(page, string(markdown.Escape(f.Title))) {
			t.Errorf("%s: %q is missing from the text or the markdown", role, f.Title)
		}
	}
	if strings.ContainsFunc(report.Text(ASCII, ChatWidth), func(r rune) bool { return r > 0x7E }) {
		t.Errorf("%s: the ASCII text has other characters", role)
	}
	if role != "superuser" {
		if read.Counts["blind"] < 4 {
			t.Errorf("%s: blind in %d, want the sessions, the tables, the statements and the settings at least", role, read.Counts["blind"])
		}
		return
	}
	for check, severity := range neglect {
		if !slices.ContainsFunc(read.Findings, func(f Finding) bool { return f.Check == check && f.Severity == severity }) {
			t.Errorf("%s: no %s %s", role, severity, check)
		}
	}
}

func BenchmarkExamine(b *testing.B) {
	dsn := pgtest.Database(b)
	for b.Loop() {
		if _, err := Examine(context.Background(), dsn); err != nil {
			b.Fatal(err)
		}
	}
}
