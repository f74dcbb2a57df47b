package brake

import (
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// Where the server itself sets a limit, a longer one is no brake: it would let go. A role that may not read the configuration is told that it is not known.
func TestServersOwnLimit(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Server(t, nil).DSN("postgres")
	admin := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, admin, "ALTER SYSTEM SET statement_timeout = '3s'", "ALTER SYSTEM SET idle_in_transaction_session_timeout = '30s'", "SELECT pg_reload_conf()",
		"CREATE ROLE watcher LOGIN CREATEROLE PASSWORD 'p' IN ROLE pg_monitor")
	b := benchOn(t, dsn, dsn, "app")
	_, err := b.ground().draftStatement(b.database, 10*time.Second, asTyped)
	if err == nil || !strings.Contains(err.Error(), "statement_timeout = 3 s is in force already for the whole server: 10 s would not be shorter") {
		t.Errorf("a longer statement_timeout: %v", err)
	}
	if _, err := b.ground().draftIdle(guessedIdle, asTyped); err == nil {
		t.Error("a longer idle_in_transaction_session_timeout is drafted")
	}
	d := b.timeout(time.Second)
	if p := d.Prices[0]; p.Now != "3 s" || strings.Contains(strings.Join(d.Warnings, "\n"), "lengthens") {
		t.Errorf("a shorter one: %+v, %q", p, d.Warnings)
	}
	b.applied(d)
	if got := has(t, b.session(), statementTimeout); got != "1s" {
		t.Errorf("a new session has %s", got)
	}

	hidden := benchOn(t, dsn, pgtest.As(t, dsn, "watcher", "p"), "other")
	d = hidden.timeout(10 * time.Second)
	if p := d.Prices[0]; p.Now != "not known" || !strings.Contains(strings.Join(d.Warnings, "\n"),
		"what the server's configuration sets is hidden from role watcher: where that is shorter, this lengthens it") {
		t.Errorf("hidden: %+v, %q", p, d.Warnings)
	}
}

// A limit of the role in all databases counts before what a database sets for all roles: a longer one would let go there.
func TestDatabasesOwnLimit(t *testing.T) {
	b := newBench(t)
	b.execute("ALTER DATABASE " + sqltext.Ident(b.database.name) + " SET statement_timeout = '3s'")
	_, err := b.ground().draftStatement(object{}, 10*time.Second, asTyped)
	if err == nil || !strings.Contains(err.Error(), "10 s for the role in all databases would lengthen it there") {
		t.Errorf("a longer one: %v", err)
	}
	if _, err := b.ground().draftStatement(object{}, 2*time.Second, asTyped); err != nil {
		t.Errorf("a shorter one: %v", err)
	}
}

// Names stand in the configuration files in any case.
func TestServersLimitInAnotherCase(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Server(t, nil).DSN("postgres")
	file := sqltext.Literal(pgtest.Value(t, dsn, "SHOW config_file"))
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "COPY (SELECT regexp_split_to_table(pg_read_file("+file+"), '\\n') UNION ALL SELECT 'Statement_Timeout = 3s') TO "+file)
	_, err := benchOn(t, dsn, dsn, "app").ground().draftStatement(object{}, 10*time.Second, asTyped)
	if err == nil || !strings.Contains(err.Error(), "is in force already for the whole server") {
		t.Errorf("a longer one: %v", err)
	}
}
