package sampler

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// textsOf plays samples of a server on which these statements run or were called, and returns the texts that came.
func textsOf(t *testing.T, r *statementReader, ids ...int64) map[int64]string {
	t.Helper()
	if err := r.findExtension(t.Context(), noon); err != nil {
		t.Fatal(err)
	}
	texts := map[int64]string{}
	for second := range 3 {
		sample := &probes.Sample{At: noon.Add(time.Duration(second) * time.Second)}
		r.texts.clock = func() time.Time { return sample.At }
		for _, id := range ids {
			sample.Backends = append(sample.Backends, probes.Backend{Type: clientBackend, State: "active", QueryID: id})
		}
		if err := r.readTexts(t.Context(), sample); err != nil {
			t.Fatal(err)
		}
		maps.Copy(texts, sample.Statements.Texts)
	}
	return texts
}

// executeRaw sends a text as it is, whatever its bytes.
func executeRaw(t *testing.T, conn *pgx.Conn, sql string) {
	t.Helper()
	if _, err := conn.PgConn().Exec(t.Context(), sql).ReadAll(); err != nil {
		t.Fatal(err)
	}
}

func TestHostileTexts(t *testing.T) {
	dsn := pgtest.Database(t)
	app := pgtest.Connect(t, dsn, nil)
	statements := map[string]string{ // no two alike, here or in another test: the name of a column is no part of the query id
		"escape":   "SELECT degrees(1) AS \"escape \x1b]52;c;aGk=\x07\x1b[2J\"",
		"bidi":     "SELECT radians(1) AS \"bidi \u202e\u2066 \u200b\", 2",
		"c1":       "SELECT cbrt(1) AS \"c1 \u009b31m\", 2, 3",
		"megabyte": "SELECT 1 AS megabyte, /* " + strings.Repeat("x", 1<<20) + " */ length('secret')",
		"password": "DO $$ BEGIN PERFORM 'password'; END $$",
	}
	ids := map[string]int64{}
	for name, sql := range statements {
		executeRaw(t, app, sql)
		ids[name] = pgtest.Eventually(t, dsn, `SELECT queryid FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid
			WHERE d.datname = current_database() AND query LIKE $1 AND query NOT LIKE '%pg_stat_statements%'`, "%"+name+"%")
	}
	r := newReader(t, dsn)
	texts := textsOf(t, r, ids["escape"], ids["bidi"], ids["c1"], ids["megabyte"], ids["password"])
	for name, id := range ids {
		text := texts[id]
		if text == "" || text != sqltext.Clean(text) || strings.Contains(text, "secret") || len(text) > 20_000 {
			t.Errorf("%s: %d bytes %.200q", name, len(text), text)
		}
	}
	if text := texts[ids["megabyte"]]; !strings.HasSuffix(text, "…") {
		t.Errorf("nothing says that the text is cut: %.100q", text)
	}
	if text := texts[ids["password"]]; text != "DO" {
		t.Errorf("utility statement %q", text)
	}
	if text := texts[ids["escape"]]; !strings.Contains(text, `\x1B]52;`) {
		t.Errorf("escape %q", text)
	}
}

// TestTextsThatAreNoUTF8: in a database of encoding SQL_ASCII a text may hold any bytes. There they are read; elsewhere they keep the server from reading
// its file of texts, and the figures go on.
func TestTextsThatAreNoUTF8(t *testing.T) {
	t.Parallel()
	server := pgtest.Server(t, nil)
	dsn, odd := server.DSN("postgres"), server.DSN("odd")
	utf8 := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, utf8, "CREATE EXTENSION pg_stat_statements", "CREATE DATABASE odd ENCODING SQL_ASCII TEMPLATE template0")
	app := pgtest.Connect(t, odd, map[string]string{"client_encoding": "SQL_ASCII"})
	pgtest.Execute(t, app, "CREATE EXTENSION pg_stat_statements")
	var rubbish strings.Builder
	for b := 0x80; b <= 0xff; b++ {
		rubbish.WriteByte(byte(b))
	}
	executeRaw(t, app, "SELECT 1 AS \"rubbish "+rubbish.String()+"\"")
	const oid = "(SELECT oid FROM pg_database WHERE datname = 'odd')"
	id := pgtest.Eventually(t, odd, `SELECT queryid FROM pg_stat_statements WHERE query LIKE '%AS "rubbish%' AND query NOT LIKE '%LIKE%' AND dbid = `+oid)

	text := textsOf(t, newReader(t, odd), id)[id]
	if !strings.Contains(text, `\x80\x81`) || !strings.Contains(text, `\xFE\xFF`) {
		t.Errorf("text in its own database: %q", text)
	}

	r := newReader(t, dsn)
	fault := func(second int) string {
		sample := &probes.Sample{At: noon.Add(time.Duration(second) * time.Second), Backends: []probes.Backend{{Type: clientBackend, State: "active", QueryID: id}}}
		r.texts.clock = func() time.Time { return sample.At }
		if err := r.read(t.Context(), sample); err != nil || !sample.Statements.Known {
			t.Fatalf("the figures do not go on: %v", err)
		}
		err := r.readTexts(t.Context(), sample)
		if err != nil && err.Error() != r.texts.fault {
			t.Fatal(err)
		}
		said := ""
		for _, f := range r.blindSpots(sample) {
			said += f.Reason
		}
		return said
	}
	fault(0)
	for _, second := range []int{1, 10, 20} {
		if why := fault(second); !strings.Contains(why, "no text in this database's encoding") || !strings.Contains(why, "tried again every 5 minutes") {
			t.Errorf("after %d s: %q", second, why)
		}
	}
	if due := r.texts.fileDue.Sub(noon); due != time.Second+textsRarest {
		t.Errorf("the next try is at %s", due)
	}

	// What runs is read from the sessions all the same, also where the server gives no ids.
	pgtest.InBackground(t, app, "SELECT pg_sleep(60) AS \"running \xff\xfe\"")
	pgtest.Eventually(t, odd, "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
	for _, where := range []string{dsn, odd} {
		running, err := ReadRunning(t.Context(), lookConnection(t, where))
		if err != nil || len(running) != 1 || !strings.Contains(public(running[0].text, running[0].length), `running \xFF\xFE`) {
			t.Errorf("%v, %v", running, err)
		}
	}

	pgtest.Execute(t, utf8, "SELECT pg_stat_statements_reset()")
	if why := fault(400); why != "" {
		t.Errorf("after the reset: %q", why)
	}
}

// The longer the server takes to read its file of texts, the longer it is left alone.
func TestFileOfTextsIsReadTheMoreRarelyTheMoreItCosts(t *testing.T) {
	r := newReader(t, pgtest.Database(t))
	if err := r.findExtension(t.Context(), noon); err != nil {
		t.Fatal(err)
	}
	var read []string
	for second := range 100 {
		stranger := probes.Backend{Type: clientBackend, State: "active", QueryID: int64(second) + 1}
		before := r.texts.fileDue
		now := noon.Add(time.Duration(second) * time.Second)
		sample := &probes.Sample{At: now, Backends: []probes.Backend{stranger}}
		r.texts.clock = func() time.Time { now = now.Add(250 * time.Millisecond); return now }
		if err := r.readTexts(t.Context(), sample); err != nil {
			t.Fatal(err)
		}
		if !r.texts.fileDue.Equal(before) {
			read = append(read, fmt.Sprint(second))
		}
	}
	if got := strings.Join(read, " "); got != "1 26 51 76" {
		t.Errorf("read at %s s; each read takes 250 ms and is to be 1 %% of the time", got)
	}
}
