package sampler

import (
	"slices"
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
		r.texts.clock = func() time.Time { return sample.At } // by which nothing takes any time
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
	conn := pgtest.Connect(t, dsn, nil)
	r := newStatementReader(conn, 150000, newTextReader())
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

// TestTextsUnderChurn: an application whose statements are ever new ones, on a server whose file of texts may not be read for long.
func TestTextsUnderChurn(t *testing.T) {
	r := newStatementReader(pgtest.Connect(t, pgtest.Database(t), nil), 150000, newTextReader())
	if err := r.findExtension(t.Context(), noon); err != nil {
		t.Fatal(err)
	}
	reads(t, r, 2, nil)
	r.texts.fileDue = noon.Add(time.Hour)
	id := int64(0)
	for second := range 2*probes.StatementsKept/1000 + 10 {
		sample := &probes.Sample{}
		for range 1000 {
			id++
			sample.Backends = append(sample.Backends, probes.Backend{Type: clientBackend, State: "active", QueryID: id})
		}
		r.texts.clock = func() time.Time { return noon.Add(time.Duration(second) * textsEvery) }
		if err := r.readTexts(t.Context(), sample); err != nil {
			t.Fatal(err)
		}
		if len(r.texts.wanted) > textsWanted {
			t.Fatalf("after %d statements %d texts are wanted", id, len(r.texts.wanted))
		}
	}
	if state, _ := r.texts.known.Get(id); state.tries != 0 {
		t.Errorf("the newest statement's text was asked for %d times, and the file may not be read yet", state.tries)
	}
	if !slices.Contains(r.texts.wanted, id) {
		t.Error("the newest statement's text is not wanted any more")
	}
}

func TestTextsOfSessionsSpareTheServerItsFile(t *testing.T) {
	dsn := pgtest.Database(t)
	const running = "SELECT pg_sleep(60) AS marker_five"
	pgtest.InBackground(t, pgtest.Connect(t, dsn, nil), running)
	id := pgtest.Eventually(t, dsn, "SELECT query_id FROM pg_stat_activity WHERE query = $1 AND query_id IS NOT NULL", running)
	r := newStatementReader(pgtest.Connect(t, dsn, nil), 150000, newTextReader())
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

// taken takes a sample for which every probe is due, and returns it with the figures of the statement with this text.
func taken(t *testing.T, s *Sampler, dsn, marker string) (*probes.Sample, probes.StatementDelta) {
	t.Helper()
	sample := again(t, s)
	return sample, statementDelta(sample.Statements, idLike(t, dsn, "%"+marker+"%"))
}

// TestNewStatementsOfPgmedicsRoleAreShownAtOnce: whoever shares its role with pgmedic sees what a deploy brings with the next sample, and over the right
// time, also while the server's file of texts is not to be read.
func TestNewStatementsOfPgmedicsRoleAreShownAtOnce(t *testing.T) {
	dsn := pgtest.Database(t)
	s := samplerOf(t, lookConnection(t, dsn))
	again(t, s)
	learning := again(t, s)
	own := idLike(t, dsn, "%pgmedic:activity%")
	if statementDelta(learning.Statements, own).Calls > 0 || learning.Statements.Texts[own] != ownText {
		t.Errorf("its own statement: %q, %+v", learning.Statements.Texts[own], statementDelta(learning.Statements, own))
	}
	s.texts.fileDue = time.Now().Add(time.Hour)
	app := pgtest.Connect(t, dsn, nil)
	for range 3 {
		pgtest.Execute(t, app, "SELECT count(*) AS marker_deployed FROM pg_class")
	}
	before := s.clock.last.server
	sample, delta := taken(t, s, dsn, "marker_deployed")
	if delta.Calls != 3 || !sample.Statements.Since.Equal(before) {
		t.Errorf("%+v since %s, want 3 calls since %s", delta, sample.Statements.Since, before)
	}
	if again := statementDelta(sample.Statements, own); again.Calls > 0 {
		t.Errorf("its own statement: %+v", again)
	}
}

// TestOwnStatementsVanishWithTheirText: one that pgmedic sends for the first time later is shown until its text is read, and then nowhere.
func TestOwnStatementsVanishWithTheirText(t *testing.T) {
	dsn := pgtest.Database(t)
	s := samplerOf(t, lookConnection(t, dsn))
	window := probes.NewWindow(time.Minute)
	shown := func(sample *probes.Sample, id int64) bool {
		window.Add(sample, probes.Assessment{})
		return slices.ContainsFunc(window.Statements(), func(l probes.StatementLoad) bool { return l.QueryID == id })
	}
	again(t, s)
	again(t, s)
	pgtest.Execute(t, lookConnection(t, dsn), "SELECT /* pgmedic:late */ 1 AS marker_late")
	sample, delta := taken(t, s, dsn, "marker_late")
	if delta.Calls != 1 || !shown(sample, delta.QueryID) {
		t.Errorf("before its text is read: %+v", delta)
	}
	s.texts.due, s.texts.fileDue = time.Now(), time.Now()
	if sample, _ := taken(t, s, dsn, "marker_late"); shown(sample, delta.QueryID) || sample.Statements.Texts[delta.QueryID] != ownText {
		t.Errorf("after it: %q", sample.Statements.Texts[delta.QueryID])
	}
}

// TestTextsOutliveTheClockAndTheConnection: what the server's file of texts cost, what it said, and what the probes cost is not found out again.
func TestTextsOutliveTheClockAndTheConnection(t *testing.T) {
	dsn := pgtest.Database(t)
	s := samplerOf(t, lookConnection(t, dsn))
	again(t, s)
	again(t, s)
	if calls := callsOfTexts(t, dsn); calls != "1" {
		t.Fatalf("the server read its texts %s times", calls)
	}
	s.texts.fileDue = time.Now().Add(time.Hour)
	spaced := probeNamed(s, "locks")
	spaced.runs, spaced.stretch = []time.Duration{time.Second, time.Second, time.Second}, 400
	check := func(what string) {
		t.Helper()
		for range 3 {
			again(t, s)
		}
		if calls := callsOfTexts(t, dsn); calls != "1" {
			t.Errorf("%s: the server read its texts %s times", what, calls)
		}
		if probeNamed(s, "locks").pace() != slowest {
			t.Errorf("%s: the locks are read every %s", what, probeNamed(s, "locks").pace())
		}
		own := idLike(t, dsn, "%pgmedic:activity%")
		if sample := again(t, s); statementDelta(sample.Statements, own).Calls > 0 || !sample.Statements.Known {
			t.Errorf("%s: its own statement is shown", what)
		}
	}
	s.clock.last.server = s.clock.last.server.Add(time.Hour) // as if it had been set back
	check("the clock was set")
	s = New(lookConnection(t, dsn), s.server).After(s)
	check("another connection")
	elsewhere := s.server
	elsewhere.SystemIdentifier = "7"
	if other := New(s.conn, elsewhere).After(s); other.texts.learned || other.texts == s.texts || probeNamed(other, "locks").stretch != 0 {
		t.Error("another server is taken for the same")
	}
}

func probeNamed(s *Sampler, name string) *probe {
	return s.probes[slices.IndexFunc(s.probes, func(p *probe) bool { return p.name == name })]
}
