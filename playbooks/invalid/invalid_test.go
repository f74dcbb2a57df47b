package invalid

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/playbooks/index/indextest"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/record"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// found are the leftovers of a database whose record has these events.
func found(t *testing.T, dsn string, events ...record.Event) []playbooks.Finding {
	t.Helper()
	findings, err := New().(playbooks.Finder).Leftovers(t.Context(), indextest.Watched(t, dsn).Ask(), events)
	if err != nil {
		t.Fatal(err)
	}
	return findings
}

// intent is one as the index playbook has always written it.
func intent(id, sql string) record.Event {
	return record.Event{ID: id, Kind: record.Acted, At: time.Now().Add(-time.Hour), Title: "applying: " + id, SQL: sql,
		Data: map[string]string{"playbook": "index", "state": "intent", "pid": "1"}}
}

// An INVALID index is this playbook's finding; what drops it and what builds it anew are drafts of the playbook that made it.
func TestInvalidIndex(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Database(t)
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), `CREATE TABLE "Odd; name" (n int)`, `CREATE INDEX "half ""built""" ON "Odd; name" (n)`,
		`UPDATE pg_index SET indisvalid = false WHERE indexrelid = '"half ""built"""'::regclass`)
	findings := found(t, dsn)
	if len(findings) != 1 || findings[0].Playbook != "invalid" || findings[0].Severity != playbooks.Warning ||
		findings[0].Action != "draft the clean-up" {
		t.Fatalf("found %+v", findings)
	}
	d, err := New().Draft(t.Context(), nil, findings[0])
	if err != nil || d.Playbook != "index" || d.Kind != "drop" || len(d.Others) != 1 || d.Others[0].Kind != "rebuild" {
		t.Fatalf("drafted %+v, %v", d, err)
	}
	if want := `DROP INDEX CONCURRENTLY public."half ""built"""`; !strings.HasPrefix(d.SQL[0], want) {
		t.Errorf("sends %q, want %q", d.SQL, want)
	}
}

// An intent of an older record, whose end it does not have, is closed under the name that it was written under, and nothing is left to draft.
func TestOldRecord(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Database(t)
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "CREATE TABLE t (n int)", "CREATE INDEX done ON t (n)")
	e := intent("it", "CREATE INDEX CONCURRENTLY done ON public.t (n) /* pgmedic:index-build */")
	findings := found(t, dsn, e)
	if len(findings) != 1 || findings[0].Playbook != "" || findings[0].Leftover.End == nil || !strings.Contains(findings[0].Title,
		"done was built and is valid") {
		t.Fatalf("found %+v", findings)
	}
	end := findings[0].Leftover.End(time.Now())
	if end.Data["playbook"] != "index" || end.Data["intent"] != "it" || end.Data["state"] != "applied" || end.Data["sent"] == "" {
		t.Errorf("closed by %+v", end)
	}
	var none *playbooks.NoDraft
	if _, err := New().Draft(t.Context(), nil, findings[0]); !errors.As(err, &none) {
		t.Errorf("drafted for what has ended: %v", err)
	}
	if again := found(t, dsn, e, end); len(again) != 0 {
		t.Errorf("found again %+v", again)
	}
}

// A build that runs is watched: one of ours under the name of its intent, somebody else's under this playbook's.
func TestRunningBuild(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Database(t)
	conn := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, conn, "CREATE TABLE t (n int)", "BEGIN", "INSERT INTO t VALUES (1)")
	const sql = "CREATE INDEX CONCURRENTLY slow ON public.t (n) /* pgmedic:index-build */"
	pid := pgtest.InBackground(t, pgtest.Connect(t, dsn, nil), sql)
	pgtest.Eventually(t, dsn, "SELECT 1 FROM pg_stat_progress_create_index WHERE phase LIKE 'waiting for writers%' AND datname = current_database()")
	ours := intent("it", sql)
	ours.Data["pid"] = fmt.Sprint(pid)
	ours.Data["backend_start"] = pgtest.Value(t, dsn,
		`SELECT to_char(backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') FROM pg_stat_activity WHERE pid = $1`, pid)
	for want, events := range map[string][]record.Event{"index": {ours}, "invalid": nil} {
		findings := found(t, dsn, events...)
		if len(findings) != 1 || findings[0].Playbook != "invalid" || findings[0].Leftover.Running == nil {
			t.Fatalf("%s: found %+v", want, findings)
		}
		running := findings[0].Leftover.Running
		if running.PID != pid || running.Ours != (events != nil) || findings[0].Leftover.Draft.Playbook != want {
			t.Errorf("%s: %+v, %+v", want, running, findings[0].Leftover.Draft)
		}
	}
	pgtest.Execute(t, conn, "COMMIT")
}
