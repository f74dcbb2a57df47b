package brake

import (
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// The preflight says of each role what the server itself says when the statement is sent.
func TestRights(t *testing.T) {
	dsn := pgtest.Database(t)
	is16 := pgtest.Version(t) >= 160000
	suffix := pgtest.Value(t, dsn, "SELECT current_database()")
	name := func(role string) string { return role + "_" + suffix }
	app := benchOn(t, dsn, dsn, name("app"))
	admin := pgtest.Connect(t, dsn, nil)
	for role, options := range map[string]string{"plain": "", "creates": "CREATEROLE", "admin": "CREATEROLE", "owner": "", "service": "",
		"super": "SUPERUSER"} {
		pgtest.Execute(t, admin, "CREATE ROLE "+name(role)+" LOGIN PASSWORD 'p' "+options)
		t.Cleanup(func() { pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "DROP ROLE "+name(role)) })
	}
	pgtest.Execute(t, admin, "GRANT "+name("app")+" TO "+name("admin")+" WITH ADMIN OPTION", "ALTER DATABASE "+suffix+" OWNER TO "+name("owner"))
	t.Cleanup(func() {
		pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "ALTER DATABASE "+suffix+" OWNER TO CURRENT_USER")
	})
	for _, c := range []struct {
		role                     string
		setting, limit, database bool
	}{
		{"plain", false, false, false},
		{"app", true, false, false},
		{"creates", !is16, !is16, false},
		{"admin", true, true, false},
		{"owner", false, false, true},
		{"super", true, true, true},
	} {
		b := benchOn(t, dsn, pgtest.As(t, dsn, name(c.role), "p"), app.role.name)
		for _, brake := range []struct {
			draft *playbooks.Draft
			may   bool
		}{{b.timeout(5 * time.Second), c.setting}, {b.idle(time.Minute), c.setting}, {b.roleLimit(30), c.limit}, {b.databaseLimit(70), c.database}} {
			p, err := b.engine.Prepare(t.Context(), brake.draft)
			if err != nil {
				t.Fatal(err)
			}
			refused := p.Refused()
			p.Abandon()
			_, err = pgtest.Connect(t, pgtest.As(t, dsn, name(c.role), "p"), nil).Exec(t.Context(), brake.draft.SQL[0])
			if (err == nil) != brake.may || (refused == "") != brake.may {
				t.Errorf("%s, %s: expected %v; the preflight says %q, the server %v", c.role, brake.draft.Title, brake.may, refused, err)
			}
			if !brake.may && (sqlState(err) != "42501" || !strings.Contains(refused, "may not: it takes")) {
				t.Errorf("%s, %s: the preflight says %q, the server %v", c.role, brake.draft.Title, refused, err)
			}
			if err == nil {
				pgtest.Execute(t, admin, brake.draft.Undo[0])
			}
		}
	}
}

// A superuser's settings take a superuser, and a superuser is not held to a connection limit.
func TestSuperusers(t *testing.T) {
	dsn := pgtest.Database(t)
	suffix := pgtest.Value(t, dsn, "SELECT current_database()")
	root, admin := "root_"+suffix, "admin_"+suffix
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "CREATE ROLE "+root+" SUPERUSER LOGIN PASSWORD 'p'", "CREATE ROLE "+admin+
		" CREATEROLE LOGIN PASSWORD 'p'")
	t.Cleanup(func() { pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "DROP ROLE "+root+", "+admin) })
	b := benchOn(t, dsn, pgtest.As(t, dsn, admin, "p"), root)
	p, err := b.engine.Prepare(t.Context(), b.timeout(5*time.Second))
	if err != nil || !strings.Contains(p.Refused(), "it takes a superuser, as role "+root+" in database "+suffix+" is one") {
		t.Error(p, err)
	}
	b = benchOn(t, dsn, dsn, root)
	if p, err := b.engine.Prepare(t.Context(), b.roleLimit(3)); err != nil || !strings.Contains(p.Refused(), "not held to a connection limit") {
		t.Error(p, err)
	}
	if d, why := b.ground().proposeRoleLimit(); d != nil || !strings.Contains(why, "superuser") {
		t.Error(d, why)
	}
	p = b.prepare(b.timeout(5 * time.Second))
	if caution := check(t, p.Checks, "superuser"); caution.Verdict != playbooks.Caution {
		t.Errorf("%+v", caution)
	}
}

// Being a member of a managed service's role gives no right, and the refusal says who has it.
func TestManagedService(t *testing.T) {
	dsn := pgtest.Server(t, nil).DSN("postgres")
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "CREATE ROLE rds_superuser CREATEROLE", "CREATE ROLE dba LOGIN PASSWORD 'p' IN ROLE rds_superuser")
	b := benchOn(t, dsn, pgtest.As(t, dsn, "dba", "p"), "app")
	p, err := b.engine.Prepare(t.Context(), b.timeout(5*time.Second))
	if err != nil || !strings.Contains(p.Refused(), "rds_superuser is no superuser, and being a member of it does not give CREATEROLE") ||
		!strings.Contains(p.Refused(), "master user") {
		t.Error(p, err)
	}
}

// What counts in single databases in spite of it is said, and how many sessions are open.
func TestPreflightCautions(t *testing.T) {
	b := newBench(t)
	b.execute("ALTER ROLE " + b.role.quoted() + " IN DATABASE " + sqltext.Ident(b.database.name) + " SET statement_timeout = '1min'")
	b.session()
	d := drafted(t)(b.ground().draftStatement(object{}, 5*time.Second, "as the test wishes"))
	p := b.prepare(d)
	if c := check(t, p.Checks, "overridden"); c.Verdict != playbooks.Caution || !strings.Contains(c.Saw, "60 s, which counts there") {
		t.Errorf("%+v", c)
	}
	if c := check(t, p.Checks, "open"); c.Saw != "1 session is open and keeps what it has" {
		t.Errorf("%+v", c)
	}
	said := strings.Join(d.Warnings, "\n")
	for _, words := range []string{
		"only sessions opened from now on get it: 1 session of role " + b.role.name + " is open, the oldest for ", "migrations, reports",
		"SET of the application",
		"not counted by pg_stat_statements", "stays in force until it is taken back",
	} {
		if !strings.Contains(said, words) {
			t.Errorf("it does not say %q:\n%s", words, said)
		}
	}
	if strings.Contains(said, "pgmedic itself logs in") {
		t.Error("it says that pgmedic logs in so")
	}
	own := benchOn(t, b.dsn, b.as(b.role.name), b.role.name)
	if said := strings.Join(own.roleLimit(3).Warnings, "\n"); !strings.Contains(said, "pgmedic itself logs in as this role") {
		t.Errorf("it does not say that pgmedic logs in so:\n%s", said)
	}
}

func check(t *testing.T, checks []playbooks.Check, name string) playbooks.Check {
	t.Helper()
	for _, c := range checks {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("no check %q among %+v", name, checks)
	return playbooks.Check{}
}
