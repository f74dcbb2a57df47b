package live

import (
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/explain"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// rubbish is a name with an escape, a bidi control and bytes that are no UTF-8, as a database of encoding SQL_ASCII lets anybody give one.
const rubbish = "caf\xe9 \x1b[2J\u202e\xff"

// In a database of encoding SQL_ASCII with such a name everything works, and the names come harmless; in one of UTF-8 beside it they do too.
func TestNamesThatAreNoUTF8(t *testing.T) {
	t.Parallel()
	server := pgtest.Server(t, map[string]string{"max_prepared_transactions": "2"})
	at := func(database, user string) string {
		dsn := strings.Replace(server.DSN("X"), "/X?", "/"+url.PathEscape(database)+"?", 1)
		if user != "" {
			dsn = pgtest.As(t, dsn, user, "p")
		}
		return dsn
	}
	ascii := map[string]string{"client_encoding": "SQL_ASCII"}
	quoted := `"` + rubbish + `"`
	admin := pgtest.Connect(t, server.DSN("postgres"), nil)
	pgtest.Execute(t, admin, "CREATE DATABASE plain ENCODING SQL_ASCII TEMPLATE template0")
	inPlain := pgtest.Connect(t, server.DSN("plain"), ascii)
	pgtest.Execute(t, inPlain, "CREATE ROLE "+quoted+" LOGIN PASSWORD 'p' CONNECTION LIMIT 50", "CREATE DATABASE "+quoted+" ENCODING SQL_ASCII TEMPLATE template0")
	app := pgtest.Connect(t, at(rubbish, rubbish), ascii)
	odd := pgtest.Connect(t, at(rubbish, ""), ascii)
	pgtest.Execute(t, odd, "CREATE EXTENSION pg_stat_statements", "CREATE TABLE "+quoted+" ("+quoted+" int)", "CREATE TABLE other (n int)",
		"BEGIN", "INSERT INTO other VALUES (1)", "PREPARE TRANSACTION '"+rubbish+"'", "BEGIN", "LOCK TABLE "+quoted)
	waiter := pgtest.InBackground(t, pgtest.Connect(t, at(rubbish, ""), ascii), "SELECT * FROM "+quoted)
	for _, where := range []string{rubbish, "postgres"} {
		s := newServer(t, Config{DSN: at(where, "")})
		sample := waitForSample(t, stream(t, s), "the waiting session in "+sqltext.CleanLine(where), func(s *probes.Sample) bool {
			return backend(s, waiter).WaitType == "Lock" && len(s.Waits) == 1
		})
		b := backend(sample, int32(app.PgConn().PID()))
		if b.Database != sqltext.CleanLine(rubbish) || b.User != b.Database || !utf8.ValidString(b.User) || strings.ContainsAny(b.User, "\x1b\u202e") {
			t.Errorf("%q: database %q, user %q", where, b.Database, b.User)
		}
		if len(sample.Prepared) != 1 || sample.Prepared[0].GID != b.User || len(sample.Ceiling.RoleLimits) != 1 || sample.Ceiling.RoleLimits[0].Role != b.User {
			t.Errorf("%q: prepared %+v, limits %+v", where, sample.Prepared, sample.Ceiling.RoleLimits)
		}
		for _, f := range sample.Failures {
			if where == rubbish || f.Probe != "statements" { // the extension is not in the other
				t.Errorf("%q: failure %+v", where, f)
			}
		}
		if where == rubbish {
			if !strings.Contains(sample.Waits[0].Relation, `caf\xE9`) || sample.Server.Database != b.Database {
				t.Errorf("wait %+v in %q", sample.Waits[0], sample.Server.Database)
			}
			_, err := s.Ask().Explain(t.Context(), explain.Question{Statement: "SELECT * FROM " + quoted, Class: plan.Generic})
			if err == nil || !strings.Contains(err.Error(), "AccessExclusiveLock on ") || strings.Contains(err.Error(), "\x1b") {
				t.Errorf("EXPLAIN of a locked table with such a name: %v", err)
			}
		}
		s.Close()
	}
	_ = app.Close(t.Context())
}

// Statements of a megabyte that run in many sessions, as track_activity_query_size lets the server tell: only their beginning is read.
func TestMegabytesRunning(t *testing.T) {
	t.Parallel()
	server := pgtest.Server(t, map[string]string{"track_activity_query_size": "1MB"})
	dsn := server.DSN("postgres")
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "CREATE EXTENSION pg_stat_statements")
	const sessions = 5
	long := "SELECT pg_sleep(60) AS marker_megabyte /* " + strings.Repeat("x", 1_000_000) + " */"
	for range sessions {
		pgtest.InBackground(t, pgtest.Connect(t, dsn, nil), long, pgx.QueryExecModeSimpleProtocol)
	}
	pgtest.Eventually(t, dsn, "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' HAVING count(*) = $1", sessions)
	s := newServer(t, Config{DSN: dsn})
	w := probes.NewWindow(0)
	text := ""
	waitForSample(t, stream(t, s), "the statement's text", func(s *probes.Sample) bool {
		w.Add(s, probes.Assessment{})
		for _, row := range w.Statements() {
			if strings.Contains(row.Text, "marker_megabyte") {
				text = row.Text
				return row.Held == sessions
			}
		}
		return false
	})
	if len(text) > 20_000 || !strings.HasSuffix(text, "…") {
		t.Errorf("%d bytes of text: %.100s", len(text), text)
	}
}

// With track_activities off for all, no session tells what it does: counted, but as unknown, and said so. Who waits for a lock the server tells even then.
func TestTrackActivitiesOff(t *testing.T) {
	t.Parallel()
	server := pgtest.Server(t, map[string]string{"track_activities": "off"})
	dsn := server.DSN("postgres")
	app := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, app, "CREATE EXTENSION pg_stat_statements", "CREATE TABLE held ()", "BEGIN", "LOCK TABLE held")
	waiting := pgtest.InBackground(t, pgtest.Connect(t, dsn, nil), "SELECT FROM held")
	pgtest.Eventually(t, dsn, "SELECT 1 FROM pg_locks WHERE pid = $1 AND NOT granted", waiting)
	s := waitForSample(t, stream(t, newServer(t, Config{DSN: dsn})), "a second reading", func(s *probes.Sample) bool {
		return !s.Statements.Since.IsZero() && s.Counts().Total == 2
	})
	if c := s.Counts(); c.Unknown != 2 || c.Active+c.Idle+c.IdleInTx != 0 {
		t.Errorf("counts %+v", c)
	}
	for _, probe := range []string{"activity", "held"} {
		if reason := failure(s, probe); !strings.Contains(reason, "track_activities") {
			t.Errorf("%s: %q; all: %+v", probe, reason, s.Failures)
		}
	}
	if len(s.Waits) != 1 || s.Waits[0].PID != waiting || s.Waits[0].Relation != "public.held" {
		t.Errorf("who waits for a lock is told all the same, but not here: %+v", s.Waits)
	}
}
