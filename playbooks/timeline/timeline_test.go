package timeline

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/pgmedic/pgmedic/playbooks/redact"
	"github.com/pgmedic/pgmedic/probes/record"
)

var onset = time.Date(2026, 11, 23, 22, 58, 30, 0, time.UTC)

func berlin(t testing.TB) *time.Location {
	t.Helper()
	zone, err := record.Zone("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// story is a timeline with one of each: over midnight, starred, corrected, uncertain, internal.
func story(t testing.TB) (Timeline, *redact.Gate) {
	t.Helper()
	f, err := record.Create(t.TempDir(), "orders", onset)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	server := "db-prod-1:5432/orders system 7301 timeline 1"
	for i, e := range []record.Event{
		{ID: "01KB0RZ3NDEKTSV4RRFFQ69G01", Kind: record.Said, At: onset.Add(-8 * time.Minute), Within: 5 * time.Minute, Basis: record.Recollected, Author: "anna", Title: "the batch was started", Star: true},
		{ID: "01KB0RZ3NDEKTSV4RRFFQ69G02", Kind: record.Imported, At: onset.Add(-5 * time.Minute), Basis: record.ImportClock, Source: "/home/anna/deploys.csv", Title: "deploy 4.2", Data: map[string]string{"client_addr": "10.0.0.7"}},
		{ID: "01KB0RZ3NDEKTSV4RRFFQ69G03", Kind: record.Mark, At: onset, Basis: record.ServerClock, Server: server, Title: "onset: connections 10 → 90", Data: map[string]string{"mark": record.MarkOnset}},
		{ID: "01KB0RZ3NDEKTSV4RRFFQ69G04", Kind: record.Observed, At: onset.Add(30 * time.Second), Basis: record.ServerClock, Source: "watch", Server: server, Title: "connections at 95 of 97", Evidence: []string{"f1"}},
		{ID: "01KB0RZ3NDEKTSV4RRFFQ69G05", Kind: record.Acted, At: onset.Add(3 * time.Minute), End: onset.Add(4 * time.Minute), Basis: record.ServerClock, Author: "ben", Title: "index built", SQL: "CREATE INDEX i ON t (a) WHERE b = 'secret'"},
		{ID: "01KB0RZ3NDEKTSV4RRFFQ69G06", Kind: record.Said, At: onset.Add(2 * time.Hour), Basis: record.LocalClock, Author: "ben", Title: "the cache", Internal: true, Data: map[string]string{record.DataSaid: record.SaidHypothesis, record.DataHypothesis: record.HypothesisOpen}},
		{ID: "01KB0RZ3NDEKTSV4RRFFQ69G07", Kind: record.Said, At: onset.Add(2 * time.Hour), Basis: record.LocalClock, Author: "ben", Title: "the cache is cold", Internal: true, Supersedes: "01KB0RZ3NDEKTSV4RRFFQ69G06",
			Data: map[string]string{record.DataSaid: record.SaidHypothesis, record.DataHypothesis: record.HypothesisRejected}},
	} {
		e.RecordedAt = onset.Add(time.Duration(i) * time.Minute)
		if _, err := f.AddEvent(e); err != nil {
			t.Fatal(err)
		}
	}
	all, err := Load(f)
	if err != nil {
		t.Fatal(err)
	}
	gate, err := redact.Open(redact.Default, f)
	if err != nil {
		t.Fatal(err)
	}
	return all, gate
}

func written(t testing.TB, all Timeline, format Format, gate *redact.Gate, zone *time.Location) string {
	t.Helper()
	var out bytes.Buffer
	if err := Write(&out, all, format, gate, zone); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestMarkdown(t *testing.T) {
	all, gate := story(t)
	want := `| UTC | Europe/Berlin | from onset | kind | event | by |
|---|---|--:|---|---|---|
| ≈ 2026-11-23 22:50:30 | 2026-11-23 23:50:30 | −8:00 ±5:00 | said | ★ the batch was started | anna |
| ≈ 22:53:30 | 23:53:30 | −5:00 | imported | deploy 4.2 | deploys.csv |
| 22:58:30 | 23:58:30 | +0:00 | mark: onset | onset: connections 10 → 90 | pgmedic |
| 22:59:00 | 23:59:00 | +0:30 | observed | connections at 95 of 97 | watch |
| 23:01:30 | 2026-11-24 00:01:30 | +3:00 | acted | index built, until 23:02:30 UTC; SQL: ` + "`CREATE INDEX i ON t (a) WHERE b = $1`" + ` | ben |
| 2026-11-24 00:58:30 | 01:58:30 | +2:00:00 | said: hypothesis, rejected | the cache is cold (corrected) | ben |

≈ it is not known which of two neighbours came first: their error bars overlap.
`
	if got := written(t, all, Markdown, gate, berlin(t)); got != want {
		t.Errorf("wrote\n%s\nwant\n%s", got, want)
	}
	if got := written(t, all, Markdown, gate, nil); strings.Contains(got, "Berlin") || got != written(t, all, Markdown, gate, time.UTC) {
		t.Errorf("without a second zone:\n%s", got)
	}
}

// The same file gives the same bytes, and CSV and JSON lines hold the same events with their ids.
func TestTables(t *testing.T) {
	all, gate := story(t)
	table, lines := written(t, all, CSV, gate, berlin(t)), written(t, all, JSONLines, gate, berlin(t))
	if table != written(t, all, CSV, gate, berlin(t)) || lines != written(t, all, JSONLines, gate, berlin(t)) {
		t.Error("written again, it is not the same")
	}
	rows, err := csv.NewReader(strings.NewReader(table)).ReadAll()
	if err != nil || len(rows) != 7 || rows[0][0] != "id" {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for i, text := range strings.Split(strings.TrimSpace(lines), "\n") {
		var l line
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatal(err)
		}
		if row := rows[i+1]; l.ID != row[0] || l.Datetime != row[1] || l.Message != row[3] || l.ID != all.Events[i].ID {
			t.Errorf("line %d is %+v, the row %v", i, l, row)
		}
	}
	for _, want := range []string{`"from_onset_s":-480`, `"within_s":300`, `"local":"2026-11-23T23:50:30+01:00"`, `"evidence":["f1"]`, `"corrections":1`, `"client_addr":"client-A"`, `"source":"deploys.csv"`} {
		if !strings.Contains(lines, want) {
			t.Errorf("JSON lines lack %s:\n%s", want, lines)
		}
	}
	if strings.Contains(table+lines, "secret") || strings.Contains(table+lines, "10.0.0.7") || strings.Contains(table+lines, "/home") {
		t.Error("something came past the gate")
	}
}

// What is for the public has no internal events and no names.
func TestPublic(t *testing.T) {
	all, _ := story(t)
	names := redact.Names{}
	gate := names.Gate(redact.Public, all.Events)
	for _, format := range []Format{Markdown, CSV, JSONLines} {
		got := written(t, all, format, gate, nil)
		for _, name := range []string{"anna", "ben", "db-prod-1", "7301", "cache"} {
			if strings.Contains(got, name) {
				t.Errorf("%s holds %q:\n%s", format, name, got)
			}
		}
		if n := len(gate.Leaks(got)); n != 0 {
			t.Errorf("%s: %v", format, gate.Leaks(got))
		}
	}
}

// inert is what is no markup: an escaped character, inline code, and the empty comment behind an @.
var inert = regexp.MustCompile("\\\\.|`[^`\n]*`|<!-- -->")

// Whatever an event holds, the table keeps its columns, no cell is a formula, and nothing is markup.
func TestHostileEvents(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		hostile := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
			"=HYPERLINK(\"http://x\")", "+1+1", "-2", "@SUM(A1)", "\t=1", "'x", "a|b|c", "<script>alert(1)</script>", "![x](http://x/y.png)", "\x1b[31mred\x1b[0m", "\xff\xfe", "\u202eevil",
			"line\nbreak\r\n| x | y |", "`code`", "**bold** [link](javascript:x)", strings.Repeat("long ", 20000), "password=hunter2", "\x00",
		}))
		e := record.Event{ID: "01KB0RZ3NDEKTSV4RRFFQ69G01", Kind: record.Said, At: onset, Title: hostile.Draw(t, "title"), Body: hostile.Draw(t, "body"), Author: hostile.Draw(t, "author"),
			Source: hostile.Draw(t, "source"), SQL: hostile.Draw(t, "sql"), Data: map[string]string{hostile.Draw(t, "key"): hostile.Draw(t, "value")}}
		all := New([]record.Event{e, {ID: "01KB0RZ3NDEKTSV4RRFFQ69G02", Kind: record.Said, At: onset, Title: "after it"}}, nil)
		gate := redact.New(redact.Default, redact.Names{})
		for _, format := range []Format{Markdown, CSV, JSONLines} {
			var out bytes.Buffer
			if err := Write(&out, all, format, gate, nil); err != nil {
				t.Fatal(err)
			}
			text := out.String()
			if !utf8.ValidString(text) || strings.ContainsAny(text, "\x1b\x00\u202e\r") || strings.Contains(text, "hunter2") {
				t.Fatalf("%s holds what a terminal acts on, or a secret: %q", format, text)
			}
			switch format {
			case Markdown:
				for _, row := range strings.Split(strings.TrimSpace(text), "\n") {
					if cells := strings.Count(strings.ReplaceAll(row, `\|`, ""), "|"); cells != 6 {
						t.Fatalf("a row has %d borders: %q", cells, row)
					}
				}
				text = inert.ReplaceAllString(text, "")
				if strings.ContainsAny(text, "<[") {
					t.Fatalf("markup came through: %q", text)
				}
			case CSV:
				rows, err := csv.NewReader(&out).ReadAll()
				if err != nil || len(rows) != 3 {
					t.Fatalf("%d rows, %v", len(rows), err)
				}
				for i, cell := range rows[1] {
					if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) && !strings.HasSuffix(columns[i].name, "_s") {
						t.Fatalf("a cell begins as a formula: %q", cell)
					}
				}
			case JSONLines:
				if n := strings.Count(text, "\n"); n != 2 {
					t.Fatalf("%d lines: %q", n, text)
				}
			}
		}
	})
}

func TestParseFormat(t *testing.T) {
	for _, text := range []string{"md", "csv", "jsonl"} {
		if f, err := ParseFormat(text); err != nil || string(f) != text {
			t.Errorf("%q is %q, %v", text, f, err)
		}
	}
	if _, err := ParseFormat("pdf"); err == nil {
		t.Error("pdf is a format")
	}
}
