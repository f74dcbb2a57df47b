package brake

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// Each brake is applied, read back, and taken back to exactly what was there before.
func TestApplyAndUndo(t *testing.T) {
	for _, c := range []struct {
		name   string
		before string // sent by somebody else before; {role} and {database} are filled
		draft  func(b *bench) *playbooks.Draft
		there  string // what is in the catalogue then
	}{
		{"statement_timeout", "", func(b *bench) *playbooks.Draft { return b.timeout(5 * time.Second) }, "-1 -1 statement_timeout=5s"},
		{"statement_timeout where there was one", "ALTER ROLE {role} IN DATABASE {database} SET statement_timeout = '77777'",
			func(b *bench) *playbooks.Draft { return b.timeout(5 * time.Second) }, "-1 -1 statement_timeout=5s"},
		{"statement_timeout below the role's own", "ALTER ROLE {role} SET statement_timeout = '1h'",
			func(b *bench) *playbooks.Draft { return b.timeout(5 * time.Second) }, "-1 -1 all statement_timeout=1h statement_timeout=5s"},
		{"statement_timeout in all databases", "ALTER ROLE {role} SET work_mem = '8MB'",
			func(b *bench) *playbooks.Draft {
				return drafted(b.t)(b.ground().draftStatement(object{}, 300*time.Millisecond, "as the test wishes"))
			}, "-1 -1 all work_mem=8MB,statement_timeout=300ms"},
		{"idle in transaction", "", func(b *bench) *playbooks.Draft { return b.idle(time.Minute) }, "-1 -1 idle_in_transaction_session_timeout=60s"},
		{"limit of the role", "", func(b *bench) *playbooks.Draft { return b.roleLimit(3) }, "3 -1 "},
		{"limit of the role where there was one", "ALTER ROLE {role} CONNECTION LIMIT 40", func(b *bench) *playbooks.Draft { return b.roleLimit(3) },
			"3 -1 "},
		{"limit of the database", "", func(b *bench) *playbooks.Draft { return b.databaseLimit(7) }, "-1 7 "},
		{"limit of the database where there was one", "ALTER DATABASE {database} CONNECTION LIMIT 40",
			func(b *bench) *playbooks.Draft { return b.databaseLimit(7) }, "-1 7 "},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			if c.before != "" {
				b.execute(strings.NewReplacer("{role}", b.role.quoted(), "{database}", b.database.quoted()).Replace(c.before))
			}
			before := b.limits()
			d := c.draft(b)
			if len(d.SQL) != 1 || len(d.Undo) != 1 || d.Word == "" || len(d.Reasons) == 0 || len(d.Prices) == 0 || d.Adjust == nil {
				t.Errorf("draft %+v", d)
			}
			o := b.applied(d)
			if got := b.limits(); got != c.there {
				t.Errorf("the catalogue has %q, want %q", got, c.there)
			}
			if o.Verification.Helped || len(o.Verification.Unknown) == 0 || o.Verification.Undo == nil || o.Verification.Undo.SQL[0] != d.Undo[0] {
				t.Errorf("verification %+v", o.Verification)
			}
			outcome := b.rec.events[1]
			if !strings.Contains(outcome.Body, "in force until it is taken back") || outcome.Data["undo"] != d.Undo[0] {
				t.Errorf("on record %+v", outcome)
			}
			b.applied(o.Verification.Undo)
			if got := b.limits(); got != before {
				t.Errorf("taken back to %q, want %q", got, before)
			}
		})
	}
}

// Sessions that are opened from then on have it, and those that are open do not; taken back, new ones have it no more.
func TestNewSessionsOnly(t *testing.T) {
	b := newBench(t)
	old := b.session()
	undo := b.applied(b.timeout(300 * time.Millisecond)).Verification.Undo
	young := b.session()
	if got := has(t, old, statementTimeout) + ", " + has(t, young, statementTimeout); got != "0, 300ms" {
		t.Errorf("the old session and the new one have %s", got)
	}
	if _, err := young.Exec(t.Context(), "SELECT pg_sleep(30)"); sqlState(err) != "57014" {
		t.Error("a long call ends with", err)
	}
	if _, err := old.Exec(t.Context(), "SELECT pg_sleep(0.5)"); err != nil {
		t.Error("in the old session a call ends with", err)
	}
	b.applied(undo)
	if got := has(t, b.session(), statementTimeout); got != "0" {
		t.Errorf("taken back, a new session has %s", got)
	}
}

// A session that rests in a transaction is ended by its limit.
func TestIdleIsEnded(t *testing.T) {
	b := newBench(t)
	b.applied(b.idle(100 * time.Millisecond))
	conn := b.session()
	pgtest.Execute(t, conn, "BEGIN")
	pid := conn.PgConn().PID()
	pgtest.Eventually(t, b.dsn, "SELECT 1 WHERE NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1)", pid)
	if _, err := conn.Exec(t.Context(), "SELECT 1"); sqlState(err) != "25P03" && !conn.IsClosed() {
		t.Error("it was ended with", err)
	}
}

// A connection limit refuses who comes beyond it, and leaves the sessions that are open.
func TestLimitRefusesNewSessions(t *testing.T) {
	b := newBench(t)
	one, two := b.session(), b.session()
	undo := b.applied(b.roleLimit(1)).Verification.Undo
	for _, conn := range []*pgx.Conn{one, two} {
		pgtest.Execute(t, conn, "SELECT 1")
	}
	if conn, err := pgx.Connect(t.Context(), b.as(b.role.name)); sqlState(err) != "53300" {
		t.Error("a third session got ", err)
		if err == nil {
			conn.Close(context.Background())
		}
	}
	b.applied(undo)
	b.session()
}

// What somebody else changed since it was drafted is neither overwritten nor taken for ours: not after the preflight, and not in the last moment.
func TestChangedMeanwhile(t *testing.T) {
	theirs := func(b *bench) string {
		return "ALTER ROLE " + b.role.quoted() + " IN DATABASE " + b.database.quoted() + " SET statement_timeout = '9s'"
	}
	t.Run("before the preflight", func(t *testing.T) {
		b := newBench(t)
		d := b.timeout(5 * time.Second)
		b.execute(theirs(b))
		p, err := b.engine.Prepare(t.Context(), d)
		if err != nil || !strings.Contains(p.Refused(), "somebody changed it meanwhile: statement_timeout = 9 s") {
			t.Error(p, err)
		}
	})
	t.Run("before the word", func(t *testing.T) {
		b := newBench(t)
		d := b.timeout(5 * time.Second)
		p := b.prepare(d)
		b.execute(theirs(b))
		if _, err := p.Confirm(d.Word); err == nil || len(b.rec.events) != 0 {
			t.Error(err, b.rec.events)
		}
	})
	t.Run("in the last moment", func(t *testing.T) {
		b := newBench(t)
		d := b.timeout(5 * time.Second)
		d.Work = lastMoment{d.Work.(*work), func() { b.execute(theirs(b)) }}
		o := b.apply(d)
		if o.State != playbooks.Failed || !errors.Is(o.Err, errChanged) || b.limits() != "-1 -1 statement_timeout=9s" {
			t.Errorf("%+v, and there is %s", o, b.limits())
		}
	})
	t.Run("the undo", func(t *testing.T) {
		b := newBench(t)
		undo := b.applied(b.timeout(5 * time.Second)).Verification.Undo
		b.execute(theirs(b))
		p, err := b.engine.Prepare(t.Context(), undo)
		if err != nil || p.Refused() == "" {
			t.Error(p, err)
		}
	})
	t.Run("dropped", func(t *testing.T) {
		b := newBench(t)
		b.execute("CREATE ROLE soon_gone_"+b.database.name+" LOGIN", "ALTER ROLE soon_gone_"+b.database.name+" SET work_mem = '8MB'")
		gone := benchOn(t, b.dsn, b.dsn, "soon_gone_"+b.database.name)
		d := gone.roleLimit(2)
		b.execute("DROP ROLE soon_gone_"+b.database.name, "CREATE ROLE soon_gone_"+b.database.name)
		t.Cleanup(func() { b.execute("DROP ROLE soon_gone_" + b.database.name) })
		p, err := b.engine.Prepare(t.Context(), d)
		if err != nil || !strings.Contains(p.Refused(), "is not there any more") {
			t.Error(p, err)
		}
	})
}

// lastMoment lets something happen after the last look of the engine, just before the work is sent.
type lastMoment struct {
	*work
	before func()
}

func (l lastMoment) Act(ctx context.Context, send *playbooks.Sender) error {
	l.before()
	return l.work.Act(ctx, send)
}

// A brake that would loosen what holds is none.
func TestNotLooser(t *testing.T) {
	b := newBench(t)
	b.execute("ALTER DATABASE "+b.database.quoted()+" SET statement_timeout = '4s'", "ALTER ROLE "+b.role.quoted()+" CONNECTION LIMIT 5")
	g := b.ground()
	if d, err := g.draftStatement(b.database, 5*time.Second, ""); err == nil || !strings.Contains(err.Error(),
		"statement_timeout = 4 s is in force already for the database") {
		t.Error(d, err)
	}
	if d, err := g.draftStatement(b.database, 3*time.Second, ""); err != nil || d.Prices[0].Now != "4 s" {
		t.Error(d, err)
	}
	if d, err := g.draftLimit(change{limits: connectionLimit, role: b.role}, g.seen.Role, 5, ""); err == nil {
		t.Error(d)
	}
}

// Names are quoted whatever they hold, and shown harmless.
func TestHostileNames(t *testing.T) {
	dsn := pgtest.Database(t)
	suffix := pgtest.Value(t, dsn, "SELECT current_database()")
	role, database := `r"; DROP ROLE x; --'`+"\x1b]0;owned\x07"+suffix, `d"'; \`+"\u202e"+suffix
	admin := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, admin, "CREATE DATABASE "+sqltext.Ident(database))
	t.Cleanup(func() {
		pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "DROP DATABASE "+sqltext.Ident(database)+" WITH (FORCE)")
	})
	there := inDatabase(t, dsn, database)
	b := benchOn(t, there, there, role)
	for _, draft := range []func() *playbooks.Draft{
		func() *playbooks.Draft { return b.timeout(5 * time.Second) },
		func() *playbooks.Draft { return b.idle(time.Minute) },
		func() *playbooks.Draft { return b.roleLimit(3) },
		func() *playbooks.Draft { return b.databaseLimit(7) },
	} {
		d := draft()
		o := b.applied(d)
		left := b.leftovers(b.rec.events...)
		if len(left) != 1 {
			t.Fatalf("%s: left %+v", d.Title, left)
		}
		words := append([]string{d.Title, d.Word, left[0].Title, o.Verification.Undo.Title, b.rec.events[len(b.rec.events)-1].Body}, d.Warnings...)
		for _, v := range d.Target {
			words = append(words, v)
		}
		for _, c := range o.Verification.Checks {
			words = append(words, c.Saw)
		}
		for _, text := range words {
			if text != sqltext.Clean(text) {
				t.Errorf("not harmless: %q", text)
			}
		}
		b.applied(left[0].Leftover.Draft)
	}
	if got := b.limits(); got != "-1 -1 " {
		t.Errorf("there is %q", got)
	}
}

// leftovers are what is found by what is on record.
func (b *bench) leftovers(events ...record.Event) []playbooks.Finding {
	b.t.Helper()
	found, err := playbook{}.Leftovers(b.t.Context(), b.server.Ask(), events)
	if err != nil {
		b.t.Fatal(err)
	}
	return found
}
