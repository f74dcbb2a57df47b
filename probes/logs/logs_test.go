package logs

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/record"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func berlin(t testing.TB) *time.Location {
	t.Helper()
	zone, err := Zone("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func read(t testing.TB, text, name string, o Options) *Import {
	t.Helper()
	in, err := Read(strings.NewReader(text), name, o)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// told are the events of an import, and what was left out.
func told(in *Import) string {
	var lines []string
	for _, e := range in.Events {
		lines = append(lines, e.At.Format("15:04:05.000")+" "+e.Title)
	}
	for _, o := range in.Out {
		lines = append(lines, fmt.Sprintf("out %d%v: %s", o.Count, o.Lines, o.Reason))
	}
	return strings.Join(lines, "\n")
}

const (
	csvHead = `2026-11-23 16:15:00.`
	refused = ` UTC,"app","orders",42,"10.0.0.7:5000",s%d.1,1,"",2026-11-23 16:15:00 UTC,,0,FATAL,53300,"sorry, too many clients already",,,,,,,,,"","client backend",,0`
)

func TestFormats(t *testing.T) {
	csvlog := ""
	for i := range 3 {
		csvlog += csvHead + strconv.Itoa(100*i) + fmt.Sprintf(refused, i) + "\n"
	}
	csvlog += `2026-11-23 16:15:02.5 UTC,"app","orders",43,"[local]",s9.1,2,"SELECT",2026-11-23 16:15:00 UTC,3/1,0,ERROR,57014,"canceling statement due to statement timeout",,,,,,"SELECT *
FROM t WHERE mail = 'ann@example.com'",,,"worker","client backend",,7` + "\n" +
		`2026-11-23 16:15:03 UTC,"app","orders",43,"[local]",s9.1,3,"SELECT",2026-11-23 16:15:00 UTC,3/1,0,ERROR,42P01,"relation ""x"" does not exist",,,,,,"SELECT 1",,,"worker","client backend",,7` + "\n" +
		`2026-11-23 16:15:04 UTC,,,44,,s10.1,1,"",2026-11-23 16:15:00 UTC,,0,LOG,00000,"checkpoint starting: time",,,,,,,,,"","checkpointer",,0` + "\n"
	for _, c := range []struct {
		name, text string
		options    Options
		format     Format
		want       string
	}{
		{"server.csv", csvlog, Options{}, CSVLog, "16:15:00.000 3 × 53300 too many connections, app@orders\n16:15:02.500 57014 query canceled, app@orders\n16:15:04.000 checkpoint starting\n" +
			"out 1[6]: of no matter in an incident: ERROR 42P01"},
		{"server.json", `{"timestamp":"2026-11-23 16:15:00.250 UTC","user":"app","dbname":"orders","session_id":"s1","line_num":1,"error_severity":"FATAL","state_code":"53300","message":"sorry"}
{"timestamp":"2026-11-23 16:15:00.750 UTC","user":"app","dbname":"orders","session_id":"s2","line_num":1,"error_severity":"FATAL","state_code":"53300","message":"sorry"}
{"timestamp":"2026-11-23 16:15:09.000 UTC","error_sev`, Options{}, JSONLog, "16:15:00.250 2 × 53300 too many connections, app@orders\nout 1[3]: it is no JSON object"},
		{"alerts.csv", "\xef\xbb\xbfTime,Severity,Message\r\n2026-11-23T16:15:00Z,page,\"=high | <b>load</b>\"\r\n2026-11-23T17:16:00+01:00,page,over\r\nbroken,page,x\r\n2026-11-23T16:17:00Z,page\r\n,,\r\n",
			Options{}, CSV, "16:15:00.000 =high | <b>load</b>\n16:16:00.000 over\nout 2[4 6]: no time\nout 1[5]: it has 2 columns, the first line 3"},
		{"chat.jsonl", `{"datetime":"2026-11-23T16:15:00Z","message":"hello\u001b[31m","timestamp_desc":"chat","n":5,"none":null}` + "\n" + `{"datetime":1763914560,"message":"by the clock"}` + "\n[1]\n",
			Options{}, JSONLines, "16:16:00.000 by the clock\n16:15:00.000 hello\\x1B[31m\nout 1[3]: it is no JSON object"},
		{"deploys.txt", "2026-11-23 17:10 deploy 4.2\n\nnot a line\n[2026-11-23 17:12:30] deploy 4.3 \xff\xfe\n", Options{Zone: berlin(t), As: "deploys"}, Lines,
			"16:10:00.000 deploy 4.2\n16:12:30.000 deploy 4.3 �\nout 1[3]: it begins with no time"},
		{"bomb.txt", "2026-11-23 16:10Z one\n2026-11-23 16:11Z " + strings.Repeat("x", 3<<20) + "\n2026-11-23 16:12Z two", Options{}, Lines,
			"16:10:00.000 one\n16:12:00.000 two\nout 1[2]: the line is longer than a megabyte"},
	} {
		in := read(t, c.text, "/var/log/"+c.name, c.options)
		if got := told(in); got != c.want || in.Format != c.format || in.Name != c.name || in.Size != int64(len(c.text)) {
			t.Errorf("%s is %s, %d bytes of %s:\n%s\nwant\n%s", c.name, in.Name, in.Size, in.Format, got, c.want)
		}
		for _, e := range in.Events {
			if e.Kind != record.Imported || e.Basis != record.ImportClock || e.Source != c.name || len(e.ID) != 26 || !utf8.ValidString(e.Title) || strings.Contains(e.SQL, "ann@") {
				t.Errorf("%s: %+v", c.name, e)
			}
		}
	}
}

func TestRefused(t *testing.T) {
	zoneless := "time,message\n2026-11-23 16:15,x\n2026-11-23 16:16 CET,y\n"
	for _, c := range []struct {
		text, says string
		options    Options
	}{
		{"", "empty", Options{}}, {"hello\nworld\n", "not known how it is written", Options{}}, {strings.Repeat("x", 2<<20), "not known how", Options{}},
		{"a,b\n1,2\n", "datetime, timestamp", Options{Format: CSV}}, {zoneless, "2 times name no time zone for sure (line 2, 3): say of which they are, with --zone", Options{}},
		{"time,message\n2026-10-25 02:30 XYZ,x\n", "--zone", Options{Zone: berlin(t)}},
	} {
		if in, err := Read(strings.NewReader(c.text), "x.log", c.options); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%.40q became %+v, %v; want an error that says %q", c.text, in, err, c.says)
		}
	}
	if got := told(read(t, zoneless, "x.log", Options{Zone: berlin(t)})); got != "15:15:00.000 x\n15:16:00.000 y" {
		t.Errorf("with a zone:\n%s", got)
	}
	both := "time,message\n2026-10-25 02:30 CEST,first\n2026-10-25 02:30 CET,second\n" // the clocks were set back
	if got := told(read(t, both, "x.log", Options{Zone: berlin(t)})); got != "00:30:00.000 first\n01:30:00.000 second" {
		t.Errorf("over the end of summer time:\n%s", got)
	}
}

func incident(t *testing.T) *record.File {
	t.Helper()
	f, err := record.Create(t.TempDir(), "orders", time.Date(2026, 11, 23, 16, 15, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// put imports and returns what was added and what was there.
func put(t *testing.T, f *record.File, in *Import) (added, already int) {
	t.Helper()
	plan, err := in.Against(f)
	if err != nil {
		t.Fatal(err)
	}
	if err := in.Store(f, plan, "anna"); err != nil {
		t.Fatal(err)
	}
	return len(plan.Add), plan.Already
}

// Importing twice adds nothing, also not from a copy of another name; a log that goes on brings what is new; an import is taken back whole, and can come again.
func TestImportTwiceAndBack(t *testing.T) {
	f := incident(t)
	text := ""
	for i := range 4 {
		text += csvHead + strconv.Itoa(100*i) + fmt.Sprintf(refused, i) + "\n"
	}
	half := strings.Join(strings.SplitAfter(text, "\n")[:2], "")
	if added, _ := put(t, f, read(t, half, "log.csv", Options{})); added != 1 {
		t.Errorf("added %d", added)
	}
	whole := read(t, text, "copy.csv", Options{})
	if added, already := put(t, f, whole); added != 1 || already != 0 {
		t.Errorf("of the longer log %d were added, %d there", added, already)
	}
	if added, already := put(t, f, read(t, text, "again.csv", Options{})); added != 0 || already != 1 {
		t.Errorf("again %d were added, %d there", added, already)
	}
	counted := func() (n, errors int) {
		events, err := f.Events()
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			if e.Kind == record.Imported {
				one, _ := strconv.Atoi(e.Data["errors"])
				n, errors = n+1, errors+one
			}
		}
		return n, errors
	}
	if n, errors := counted(); n != 1 || errors != 4 {
		t.Errorf("%d events count %d errors", n, errors)
	}
	if n, err := Undo(f, whole.Batch(), "ben"); err != nil || n != 2 { // with the event of the import
		t.Errorf("took back %d, %v", n, err)
	}
	if n, _ := counted(); n != 0 {
		t.Errorf("%d events are left", n)
	}
	if _, err := Undo(f, whole.Batch(), "ben"); err == nil {
		t.Error("it was taken back twice")
	}
	if added, _ := put(t, f, whole); added != 1 {
		t.Errorf("after it was taken back %d came again", added)
	}
	if n, errors := counted(); n != 1 || errors != 4 {
		t.Errorf("then %d events count %d errors", n, errors)
	}
}

// What pgmedic exported itself is known by its ids.
func TestOwnExportAddsNothing(t *testing.T) {
	f := incident(t)
	note, err := f.AddNote(record.Note{Text: "=1+1", When: record.When{At: time.Date(2026, 11, 23, 16, 15, 0, 0, time.UTC)}})
	if err != nil {
		t.Fatal(err)
	}
	text := "id,datetime,timestamp_desc,message,kind\n" + note.ID + ",2026-11-23T16:15:00Z,said,'=1+1,said\n"
	if added, already := put(t, f, read(t, text, "timeline.csv", Options{})); added != 0 || already != 1 {
		t.Errorf("added %d, there %d", added, already)
	}
}

// A real server's own logs: refused connections, a timeout, a deadlock, a wait for a lock and its start, in csvlog and, from 15 on, jsonlog.
func TestRealLogs(t *testing.T) {
	destination := "csvlog,jsonlog"
	version := pgtest.Version(t)
	if version < 150000 {
		destination = "csvlog"
	}
	server := pgtest.Server(t, map[string]string{"logging_collector": "on", "log_destination": destination, "log_directory": "log", "log_lock_waits": "on", "deadlock_timeout": "50ms",
		"max_connections": "10", "superuser_reserved_connections": "0", "max_wal_senders": "0"})
	dsn := server.DSN("postgres")
	one, two := pgtest.Connect(t, dsn, nil), pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, one, "CREATE TABLE a (id int PRIMARY KEY)", "INSERT INTO a VALUES (1), (2)", "BEGIN", "UPDATE a SET id = id WHERE id = 1")
	pgtest.Execute(t, two, "BEGIN", "UPDATE a SET id = id WHERE id = 2")
	ended := make(chan error, 1)
	go func() {
		_, err := two.Exec(context.Background(), "UPDATE a SET id = id WHERE id = 1")
		ended <- err
	}()
	pgtest.Eventually(t, dsn, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
	_, mine := one.Exec(context.Background(), "UPDATE a SET id = id WHERE id = 2")
	if err := errors.Join(mine, <-ended); err == nil {
		t.Fatal("there was no deadlock")
	}
	pgtest.Execute(t, one, "ROLLBACK")
	if _, err := one.Exec(context.Background(), "SET statement_timeout = '20ms'; SELECT pg_sleep(10) WHERE 'secret' <> ''"); err == nil {
		t.Fatal("there was no timeout")
	}
	var open []*pgx.Conn
	tooMany := 0
	for range 14 {
		conn, err := pgx.Connect(context.Background(), dsn)
		if err != nil {
			tooMany++
			continue
		}
		open = append(open, conn)
	}
	for _, conn := range open {
		_ = conn.Close(context.Background())
	}
	if tooMany == 0 {
		t.Fatal("nobody was refused")
	}
	for _, format := range strings.Split(destination, ",") {
		var text string
		var in *Import
		sorts := map[string]int{}
		for range 200 { // the collector writes a moment later
			if err := two.QueryRow(context.Background(), "SELECT pg_read_file(pg_current_logfile($1))", format).Scan(&text); err != nil {
				_ = two.QueryRow(context.Background(), "ROLLBACK").Scan(&text)
				continue
			}
			in = read(t, text, filepath.Join("log", "server."+format), Options{})
			clear(sorts)
			for _, e := range in.Events {
				n, _ := strconv.Atoi(e.Data["count"])
				sorts[e.Data["sqlstate"]] += n
				if strings.Contains(e.Title+e.Body+e.SQL, "secret") {
					t.Errorf("%s: a literal came through: %+v", format, e)
				}
			}
			if sorts["53300"] >= tooMany {
				break
			}
			time.Sleep(20 * time.Millisecond)
		}
		if sorts["53300"] != tooMany || sorts["57014"] != 1 || sorts["40P01"] != 1 || sorts[""] == 0 || in.Format != Format(format) {
			t.Errorf("%s: %v, want %d refused, a timeout, a deadlock, waits\n%s", format, sorts, tooMany, told(in))
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, text := range []string{"time,message\n2026-11-23T16:15:00Z,x\n", `{"datetime":"2026-11-23T16:15:00Z","message":"x"}`, "2026-11-23 16:15Z x", csvHead + "1" + refused} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		in, err := Read(strings.NewReader(text), "fuzz", Options{Zone: time.UTC})
		if err != nil {
			return
		}
		for _, e := range in.Events {
			if e.At.IsZero() || !utf8.ValidString(e.Title+e.Body+e.SQL) || strings.ContainsAny(e.Title, "\x1b\n") {
				t.Errorf("%+v", e)
			}
		}
	})
}
