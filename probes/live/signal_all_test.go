package live

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// Of many signals in one go each has its own guard and its own answer: what one may not, or is not what was shown, keeps none of the others.
func TestSignalAll(t *testing.T) {
	dsn := pgtest.Database(t)
	conn := pgtest.Connect(t, dsn, nil)
	role := "caller_of_" + pgtest.Value(t, dsn, "SELECT current_database()::text")
	stranger := "not_" + role
	pgtest.Execute(t, conn, "CREATE ROLE "+role+" LOGIN PASSWORD 'secret'", "GRANT pg_read_all_stats TO "+role, "CREATE ROLE "+stranger+" LOGIN PASSWORD 'secret'")
	t.Cleanup(func() { pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "DROP ROLE "+role, "DROP ROLE "+stranger) })
	own := pgtest.As(t, dsn, role, "secret")
	const sleeps = "SELECT pg_sleep(600)"
	pids := []int32{
		pgtest.InBackground(t, pgtest.Connect(t, pgtest.As(t, dsn, stranger, "secret"), nil), sleeps),
		pgtest.InBackground(t, pgtest.Connect(t, own, nil), sleeps),
		pgtest.InBackground(t, pgtest.Connect(t, own, nil), sleeps), // shown with the times of another call
		pgtest.InBackground(t, pgtest.Connect(t, own, nil), sleeps),
	}
	var shown []probes.Backend
	for _, pid := range pids {
		pgtest.Eventually(t, dsn, "SELECT pid FROM pg_stat_activity WHERE pid = $1 AND state = 'active'", pid)
		shown = append(shown, shownBy(t, dsn, pid))
	}
	shown[2].QueryStart = shown[2].QueryStart.Add(-time.Microsecond)
	act := actSession(t, newServer(t, Config{DSN: own}))
	answers, err := act.SignalAll(CancelQuery, shown)
	if err != nil || len(answers) != len(shown) {
		t.Fatalf("%d answers, %v", len(answers), err)
	}
	if answers[0].Refused != NoRight || answers[0].Sent {
		t.Errorf("a stranger's: %+v", answers[0])
	}
	if answers[2].Sent || answers[2].Change != "it runs another statement now" {
		t.Errorf("another call: %+v", answers[2])
	}
	for _, i := range []int{1, 3} {
		if !answers[i].Sent || answers[i].At.IsZero() {
			t.Errorf("session %d: %+v", i, answers[i])
		}
		pgtest.Eventually(t, dsn, "SELECT 1 WHERE NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1 AND query_start = $2 AND state = 'active')",
			pids[i], shown[i].QueryStart)
	}
	for _, i := range []int{0, 2} {
		if got := shownBy(t, dsn, pids[i]); got.State != "active" {
			t.Errorf("session %d is %s: it was cancelled", i, got.State)
		}
	}
	again, err := act.SignalAll(CancelQuery, shown[:1])
	if err != nil || len(again) != 1 {
		t.Errorf("the session is of no use afterwards: %v", err)
	}
}

// A glance changes nothing, whatever it asks; and after a query that failed the session is as before.
func TestGlance(t *testing.T) {
	dsn := pgtest.Database(t)
	s := newServer(t, Config{DSN: dsn})
	act := actSession(t, s)
	path := ""
	read := func(rows pgx.Rows) error {
		_, err := pgx.ForEachRow(rows, []any{&path}, func() error { return nil })
		return err
	}
	for name, glance := range map[string]func(sql string) error{
		"ask": func(sql string) error { return s.Ask().Glance(t.Context(), read, sql) },
		"act": func(sql string) error { return act.Glance(t.Context(), read, sql) },
	} {
		for range 2 {
			if err := glance("CREATE TABLE public.made_by_a_glance (id int)"); pgerr.State(err) != "25006" {
				t.Errorf("%s: it changes something: %v", name, err)
			}
			if err := glance("SELECT current_setting('search_path')"); err != nil || path != "pg_catalog" {
				t.Errorf("%s: search_path %q, %v", name, path, err)
			}
		}
	}
	if err := act.Exec("CREATE TABLE public.made_by_exec (id int)"); err != nil {
		t.Errorf("the act session stayed read-only: %v", err)
	}
}
