package snapshot

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// Whatever is left out of a list is counted: 24 long transactions, 9 of them in the way of others, the first of 24.
func TestListsSayWhatTheyLeaveOut(t *testing.T) {
	dsn := pgtest.Database(t)
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "CREATE TABLE accounts (id int PRIMARY KEY, n int)", "INSERT INTO accounts SELECT i, 0 FROM generate_series(1, 24) AS i")
	for id := range 24 {
		holder := pgtest.Connect(t, dsn, map[string]string{"application_name": fmt.Sprintf("holder-%02d", id+1)})
		pgtest.Execute(t, holder, "BEGIN", fmt.Sprintf("UPDATE accounts SET n = 1 WHERE id = %d", id+1))
	}
	for i := range 32 { // 24 behind the first one, and one each behind eight others
		waiter := pgtest.Connect(t, dsn, map[string]string{"application_name": "waiter"})
		pgtest.InBackground(t, waiter, fmt.Sprintf("UPDATE accounts SET n = 2 WHERE id = %d", max(i-22, 1)))
	}
	pgtest.Eventually(t, dsn, "SELECT 1 FROM pg_stat_activity WHERE application_name = 'waiter' AND wait_event_type = 'Lock' HAVING count(*) = 32")
	pgtest.Eventually(t, dsn, "SELECT 1 FROM pg_stat_activity WHERE application_name = 'waiter' AND clock_timestamp() - xact_start >= interval '5.1 s' HAVING count(*) = 32")
	s := takeIt(t, dsn, Options{})
	b := s.Blocking
	if b == nil || b.Waiting != 32 || b.RootsTotal != 9 || len(b.Roots) != mostRoots || b.Roots[0].WaitersTotal != 24 || len(b.Roots[0].Waiters) != mostWaiters {
		t.Fatalf("blocking %+v", b)
	}
	if *s.TransactionsTotal != 24+32 {
		t.Errorf("%d long transactions", *s.TransactionsTotal)
	}
	text := s.Text(160, false)
	shown := 6 // the lines of holders, but for one where the waiters stand among them
	if regexp.MustCompile(`(?m)^  32 sessions, the oldest pid`).MatchString(text) {
		shown = 32 + 5
	}
	for _, want := range []string{"32 sessions waiting for a lock", "    and 18 more sessions\n", "  and 4 more blockers\n",
		"Long transactions: 56 sessions, open for 5 s or longer", fmt.Sprintf("  and %d more sessions\n", 56-shown)} {
		if !strings.Contains(text, want) {
			t.Errorf("the text lacks %q:\n%s", want, text)
		}
	}
	chat := s.Markdown()
	for _, want := range []*regexp.Regexp{regexp.MustCompile(`\*\*Blocking:\*\* and \d more blockers`), regexp.MustCompile(`\*\*Waiter:\*\* and \d+ more sessions`),
		regexp.MustCompile(`\*\*Long transaction:\*\* and \d+ more sessions`)} {
		if !want.MatchString(chat) {
			t.Errorf("the markdown lacks %s:\n%s", want, chat)
		}
	}
}

// Twelve holders of old row versions of different names, one of them twice, and twelve running commands.
func TestHoldersAndCommandsAreCounted(t *testing.T) {
	at := time.Date(2026, 11, 23, 16, 0, 0, 0, time.UTC)
	sample := &probes.Sample{At: at}
	for i := range int32(12) {
		sample.Backends = append(sample.Backends, probes.Backend{PID: i + 1, Type: "client backend", State: "active", Application: fmt.Sprintf("app-%02d", i),
			XactStart: at.Add(-time.Hour), XminAge: int64(1000 - i)})
		sample.Progress = append(sample.Progress, probes.Progress{PID: i + 1, Command: "ANALYZE"})
	}
	sample.Backends = append(sample.Backends, sample.Backends[0])
	s, err := Take(t.Context(), tape{{Sample: sample}}, Options{Wait: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Xmin) != mostHolders || *s.XminTotal != 13 || len(s.Progress) != mostRunningTasks || *s.ProgressTotal != 12 {
		t.Errorf("%d of %d holders, %d of %d commands", len(s.Xmin), *s.XminTotal, len(s.Progress), *s.ProgressTotal)
	}
	text := s.Text(160, false)
	for _, want := range []string{"  and 6 more holders\n", "  and 2 more commands\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("the text lacks %q:\n%s", want, text)
		}
	}
}
