package sampler

import (
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

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

// stopped is a clock by which nothing takes any time.
func stopped() time.Time { return noon }

func TestTextsThatDoNotComeAreAskedForEverMoreRarely(t *testing.T) {
	dsn := pgtest.Database(t)
	conn := pgtest.Connect(t, dsn, nil)
	r := newStatementReader(conn, 150000)
	if err := r.findExtension(t.Context(), noon); err != nil {
		t.Fatal(err)
	}
	r.texts.clock = stopped
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
	pgtest.InBackground(t, pgtest.Connect(t, dsn, nil), running)
	id := pgtest.Eventually(t, dsn, "SELECT query_id FROM pg_stat_activity WHERE query = $1 AND query_id IS NOT NULL", running)
	r := newStatementReader(pgtest.Connect(t, dsn, nil), 150000)
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
	return pgtest.Value(t, dsn, `SELECT sum(calls)::text FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid
		WHERE d.datname = current_database() AND query LIKE '%pgmedic:texts%'`)
}
