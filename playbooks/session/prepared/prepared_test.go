package prepared

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/playbooks/session/sessiontest"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgserver"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestQueries(t *testing.T) { pgtest.Queries(t, sqlFiles, query) }

// server is one that prepares transactions, with a table.
func server(t *testing.T) (dsn string, app *pgx.Conn) {
	t.Helper()
	_, dsn, app = started(t)
	return dsn, app
}

// started is server, with the server itself.
func started(t *testing.T) (on *pgserver.Server, dsn string, app *pgx.Conn) {
	t.Helper()
	on = pgtest.Server(t, map[string]string{"max_prepared_transactions": "10"})
	dsn = on.DSN("postgres")
	app = pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, app, "CREATE TABLE public.orders (id int PRIMARY KEY, n int)", "INSERT INTO public.orders VALUES (1, 1)")
	return on, dsn, app
}

func prepare(t *testing.T, conn *pgx.Conn, gid string) {
	t.Helper()
	pgtest.Execute(t, conn, "BEGIN", "UPDATE public.orders SET n = n + 1 WHERE id = 1", "PREPARE TRANSACTION "+sqltext.Literal(gid))
}

// listed is the one prepared transaction there, as a sample has it: pgmedic reads them every 10 s.
func listed(t *testing.T, dsn string) probes.PreparedTransaction {
	t.Helper()
	var x probes.PreparedTransaction
	err := pgtest.Connect(t, dsn, nil).QueryRow(t.Context(), "SELECT transaction::text::bigint, gid, owner::text, database::text, prepared FROM pg_prepared_xacts").
		Scan(&x.XID, &x.GID, &x.Owner, &x.Database, &x.PreparedAt)
	if err != nil {
		t.Fatal(err)
	}
	x.GID = sqltext.CleanLine(x.GID)
	return x
}

// look opens pgmedic's door to a server.
func look(t *testing.T, dsn string) *sessiontest.Desk {
	t.Helper()
	d := sessiontest.Open(t, dsn)
	d.Until(t, "there is a sample", func(*probes.Sample) bool { return true })
	return d
}

func drafted(t *testing.T, d *sessiontest.Desk, x probes.PreparedTransaction) *playbooks.Draft {
	t.Helper()
	draft, err := Draft(t.Context(), d.Server.Ask(), "test", playbooks.Finding{Title: "it is in the way"}, x)
	if err != nil {
		t.Fatal(err)
	}
	return draft
}

// Whatever its identifier holds, it alone is rolled back, and nothing in it reaches the terminal or the server as more than a name.
func TestRollBack(t *testing.T) {
	dsn, app := server(t)
	d := look(t, dsn)
	for _, gid := range []string{
		"tpc-1", "it's; DROP TABLE public.orders; --", `back\slash \' and "quotes"`, "\x1b]52;c;cm0=\a", "two\nlines \u202e", "  ", strings.Repeat("é", 99),
	} {
		prepare(t, app, gid)
		draft := drafted(t, d, listed(t, dsn))
		if draft.Word == "" || sqltext.CleanLine(draft.Word) != draft.Word || sqltext.CleanLine(draft.Title) != draft.Title {
			t.Errorf("%q: word %q, title %q", gid, draft.Word, draft.Title)
		}
		for _, w := range draft.Warnings {
			if sqltext.Clean(w) != w {
				t.Errorf("%q: %q is not harmless", gid, w)
			}
		}
		o := d.Carry(t, draft)
		if o.State != playbooks.Applied || !o.Verification.Helped || o.Verification.Rows[0].State != playbooks.RowActed {
			t.Fatalf("%q: outcome %+v", gid, o)
		}
		if n := pgtest.Value(t, dsn, "SELECT count(*)::text FROM pg_prepared_xacts"); n != "0" {
			t.Fatalf("%q: %s are left", gid, n)
		}
	}
	if n := pgtest.Value(t, dsn, "SELECT n::text FROM public.orders"); n != "1" {
		t.Errorf("n is %s: something was committed", n)
	}
}

// What the draft says: who, since when, and that a coordinator may have decided otherwise.
func TestWords(t *testing.T) {
	dsn, app := server(t)
	prepare(t, app, "tpc-1")
	d := look(t, dsn)
	draft := drafted(t, d, listed(t, dsn))
	if draft.SQL[0] != "ROLLBACK /* pgmedic:rollback_prepared */ PREPARED 'tpc-1'" || draft.Word != "tpc-1" || draft.Target["gid"] != "tpc-1" || draft.Target["owner"] != "postgres" {
		t.Errorf("draft %+v", draft)
	}
	said := draft.Reasons[0].Why + strings.Join(draft.Warnings, "; ")
	for _, word := range []string{"of role postgres in database postgres, prepared ", "COMMIT PREPARED 'tpc-1' is what is missing, which pgmedic never sends", "ask there first"} {
		if !strings.Contains(said, word) {
			t.Errorf("%q is not said in %q", word, said)
		}
	}
}

// Who is neither owner nor superuser, and who is in another database, is told before, and nothing is sent.
func TestNotHere(t *testing.T) {
	dsn, app := server(t)
	pgtest.Execute(t, app, "CREATE ROLE other LOGIN PASSWORD 'secret'", "GRANT pg_read_all_stats TO other", "CREATE ROLE member LOGIN PASSWORD 'secret' IN ROLE other",
		"CREATE DATABASE elsewhere", "GRANT ALL ON public.orders TO other")
	prepare(t, pgtest.Connect(t, pgtest.As(t, dsn, "other", "secret"), nil), "tpc-1")
	for _, c := range []struct{ dsn, want string }{
		{pgtest.As(t, dsn, "member", "secret"), "may not end it: its owner other may, and a superuser"},
		{strings.Replace(dsn, "/postgres?", "/elsewhere?", 1), "start pgmedic on database postgres"},
	} {
		d := look(t, c.dsn)
		p := d.Prepare(t, drafted(t, d, listed(t, dsn)))
		if !strings.Contains(p.Refused(), c.want) {
			t.Errorf("refused %q, want %q", p.Refused(), c.want)
		}
		if _, err := p.Confirm("tpc-1"); err == nil {
			t.Error("it was confirmed")
		}
	}
	if n := pgtest.Value(t, dsn, "SELECT count(*)::text FROM pg_prepared_xacts"); n != "1" {
		t.Errorf("%s prepared transactions are left", n)
	}
	d := look(t, pgtest.As(t, dsn, "other", "secret"))
	if o := d.Carry(t, drafted(t, d, listed(t, dsn))); o.State != playbooks.Applied {
		t.Errorf("its owner cannot end it: %+v", o)
	}
}

// One that was ended since, and another one of the same identifier, are left alone.
func TestEndedMeanwhile(t *testing.T) {
	dsn, app := server(t)
	prepare(t, app, "tpc-1")
	d := look(t, dsn)
	x := listed(t, dsn)
	p := d.Prepare(t, drafted(t, d, x))
	again := drafted(t, d, x)
	pgtest.Execute(t, app, "COMMIT PREPARED 'tpc-1'")
	prepare(t, app, "tpc-1")
	if _, err := p.Confirm("tpc-1"); err == nil || !strings.Contains(err.Error(), "committed or rolled back") {
		t.Errorf("confirmed with %v", err)
	}
	if refused := d.Prepare(t, again).Refused(); !strings.Contains(refused, "committed or rolled back") {
		t.Errorf("refused %q", refused)
	}
	var none *playbooks.NoDraft
	if _, err := Draft(t.Context(), d.Server.Ask(), "test", playbooks.Finding{}, x); !errors.As(err, &none) {
		t.Errorf("drafted with %v", err)
	}
	if n := pgtest.Value(t, dsn, "SELECT count(*)::text FROM pg_prepared_xacts"); n != "1" {
		t.Errorf("%s are left", n)
	}
}

// The guard of the session that sends: another owner, time or identifier under the same transaction id, and nothing is sent.
func TestGuard(t *testing.T) {
	dsn, app := server(t)
	prepare(t, app, "tpc-1")
	d := look(t, dsn)
	draft := drafted(t, d, listed(t, dsn))
	shown := draft.Work.(*work).shown.TwoPhase
	act, err := d.Server.Act().Session(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	other := shown
	other.GID = "tpc-2"
	later := shown
	later.PreparedAt = later.PreparedAt.Add(1000)
	owner := shown
	owner.Owner++
	gone := shown
	gone.XID++
	for i, changed := range []live.TwoPhase{other, later, owner, gone} {
		answer, err := act.RollbackPrepared(changed)
		if err != nil || answer.Sent || answer.Change == "" {
			t.Errorf("%d: %+v, %v", i, answer, err)
		}
	}
	if n := pgtest.Value(t, dsn, "SELECT count(*)::text FROM pg_prepared_xacts"); n != "1" {
		t.Errorf("%s are left", n)
	}
	if answer, err := act.RollbackPrepared(shown); err != nil || !answer.Sent {
		t.Errorf("%+v, %v", answer, err)
	}
}

// An error of the server on the way says nothing of what became of it: that is read back. Here the file of its state is gone from the disk, so that it
// stays. A second run of the same draft knows nothing of the first.
func TestServerErrorIsReadBack(t *testing.T) {
	on, dsn, app := started(t)
	prepare(t, app, "tpc-1")
	pgtest.Execute(t, app, "CHECKPOINT") // it writes the file
	files, err := filepath.Glob(filepath.Join(on.Dir(), "data", "pg_twophase", "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("files %q, %v", files, err)
	}
	d := look(t, dsn)
	draft := drafted(t, d, listed(t, dsn))
	away := files[0] + ".away"
	if err := os.Rename(files[0], away); err != nil {
		t.Fatal(err)
	}
	o := d.Carry(t, draft)
	row := o.Verification.Rows[0]
	if o.State != playbooks.Failed || row.State != playbooks.RowRefused || !strings.Contains(row.Saw, "it is still in pg_prepared_xacts: ") ||
		!strings.Contains(row.Saw, "58P01") {
		t.Errorf("outcome %+v", o)
	}
	if err := os.Rename(away, files[0]); err != nil {
		t.Fatal(err)
	}
	if o = d.Carry(t, draft); o.State != playbooks.Applied || o.Verification.Rows[0].State != playbooks.RowActed {
		t.Errorf("the second run: %+v", o)
	}
	if n := pgtest.Value(t, dsn, "SELECT count(*)::text FROM pg_prepared_xacts"); n != "0" {
		t.Errorf("%s are left", n)
	}
}

// Where somebody else ends it after the server's error, before it is read back, nobody can say whose that was.
func TestServerErrorAndGone(t *testing.T) {
	dsn, app := server(t)
	prepare(t, app, "tpc-1")
	d := look(t, dsn)
	w := drafted(t, d, listed(t, dsn)).Work.(*work)
	w.sent, w.fault = true, "canceling statement due to statement timeout (SQLSTATE 57014)"
	pgtest.Execute(t, app, "ROLLBACK PREPARED 'tpc-1'")
	v, err := w.Verify(t.Context(), d.Server.Ask())
	if err != nil || v.Done || v.Begun || v.Rows[0].State != playbooks.RowUnknown || !strings.Contains(v.Rows[0].Saw, "57014") {
		t.Errorf("read back %+v, %v", v, err)
	}
}

// What became of it, by what was answered and what is there.
func TestOutcome(t *testing.T) {
	for _, c := range []struct {
		sent, lost bool
		fault      string
		there      bool
		want       playbooks.RowState
	}{
		{false, false, "", true, playbooks.RowUnsent},
		{true, true, "", true, playbooks.RowUnknown},
		{true, true, "", false, playbooks.RowUnknown},
		{true, false, "", true, playbooks.RowNoEffect},
		{true, false, "", false, playbooks.RowActed},
		{true, false, "no space left", true, playbooks.RowRefused},
		{true, false, "no space left", false, playbooks.RowUnknown},
	} {
		if got := (&work{sent: c.sent, lost: c.lost, fault: c.fault}).outcome(c.there); got.State != c.want || got.Saw == "" {
			t.Errorf("%+v: %+v", c, got)
		}
	}
}
