package live

import (
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// TestOwnStatementsAreNeverShown lets pgmedic work alone, as the application's own role, for longer than it waits between two reads of texts.
func TestOwnStatementsAreNeverShown(t *testing.T) {
	dsn := reportsDatabase(t)
	s := newServer(t, Config{DSN: dsn})
	ticks := stream(t, s)
	first := waitForSample(t, ticks, "the three warm sessions", func(s *probes.Sample) bool { return s.Counts().Ours == 3 })
	openBuild(t, s)
	explain(t, s.Ask(), Question{Statement: dedup, Class: plan.Heavy, Analyze: true})
	_, _ = s.Ask().StatementText(t.Context(), 1) // none has this id

	shown := map[int64]bool{}
	window := probes.NewWindow(time.Minute)
	waitForSample(t, ticks, "another read of texts", func(sample *probes.Sample) bool {
		window.Add(sample, probes.Assessment{})
		for _, l := range window.Statements() {
			if l.Database == sample.Server.Database {
				shown[l.QueryID] = true
			}
		}
		return sample.At.Sub(first.At) > textsEvery+time.Second
	})
	for id := range shown {
		text := value(t, dsn, "SELECT query FROM pg_stat_statements WHERE queryid = $1 LIMIT 1", id)
		if text != "begin read only" && text != "rollback" { // everybody's
			t.Errorf("shown: %s", text)
		}
	}
	if text := value(t, dsn, "SELECT query FROM pg_stat_statements WHERE query LIKE '%pg_stat_get_activity(NULL)%' LIMIT 1"); !strings.Contains(text, ownTag) {
		t.Errorf("the server keeps no tag: %s", text)
	}
}

// reads plays samples, one a second, and returns in which seconds texts were read.
func reads(t *testing.T, r *statementReader, seconds int, backends []probes.Backend) []int {
	t.Helper()
	var at []int
	for second := range seconds {
		sample := &probes.Sample{At: noon.Add(time.Duration(second) * time.Second), Backends: backends}
		if err := r.readTexts(t.Context(), sample); err != nil {
			t.Fatal(err)
		}
		if sample.Statements.Texts != nil {
			at = append(at, second)
		}
	}
	return at
}

func TestTextsThatDoNotComeAreAskedForEverMoreRarely(t *testing.T) {
	dsn := pgtest.Database(t)
	conn := connect(t, dsn, nil)
	r := newStatementReader(conn, 150000)
	if err := r.findExtension(t.Context(), noon); err != nil {
		t.Fatal(err)
	}
	stranger := probes.Backend{Type: clientBackend, State: "active", QueryID: 1}
	got := reads(t, r, 900, []probes.Backend{stranger})
	want := []int{1, 6, 16, 36, 76, 156, 316, 616}
	if len(got) != len(want) {
		t.Fatalf("read at %v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("read at %v, want %v", got, want)
		}
	}
	if calls := callsOfTexts(t, dsn); calls != "8" {
		t.Errorf("the server read its texts %s times", calls)
	}
}

func TestTextsOfSessionsSpareTheServerItsFile(t *testing.T) {
	dsn := pgtest.Database(t)
	const running = "SELECT pg_sleep(60) AS marker_five"
	inBackground(t, connect(t, dsn, nil), running)
	id := eventually(t, newServer(t, Config{DSN: dsn}).Ask(), "SELECT query_id FROM pg_stat_activity WHERE query = $1 AND query_id IS NOT NULL", running)
	r := newStatementReader(connect(t, dsn, nil), 150000)
	if err := r.findExtension(t.Context(), noon); err != nil {
		t.Fatal(err)
	}
	reads(t, r, 10, nil) // learns pgmedic's own
	if got := reads(t, r, 60, []probes.Backend{{Type: clientBackend, State: "active", QueryID: id}}); len(got) != 1 {
		t.Errorf("read at %v", got)
	}
	if calls := callsOfTexts(t, dsn); calls != "1" {
		t.Errorf("the server read its texts %s times, want once", calls)
	}
}

func callsOfTexts(t *testing.T, dsn string) string {
	t.Helper()
	return value(t, dsn, `SELECT sum(calls)::text FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid
		WHERE d.datname = current_database() AND query LIKE '%pgmedic:texts%'`)
}
