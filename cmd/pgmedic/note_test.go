package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/record"
)

// recorded makes an incident file with a minute of samples, from 16:15 on 23 November 2026 in UTC, and closes it.
func recorded(t *testing.T, folder string) string {
	t.Helper()
	begin := time.Date(2026, 11, 23, 16, 15, 0, 0, time.UTC)
	f, err := record.Create(folder, "orders", begin)
	if err != nil {
		t.Fatal(err)
	}
	server := probes.Server{Host: "db", Port: 5432, Database: "orders", SystemIdentifier: "4711"}
	for i := range 61 {
		if err := f.AddSample(&probes.Sample{At: begin.Add(time.Duration(i) * time.Second), Server: server}, probes.Assessment{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return f.Path()
}

// pgmedic runs the program with a state folder of its own, and returns what it said and its exit code.
func pgmedic(t *testing.T, state string, args ...string) (string, int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+state)
	out, err := cmd.CombinedOutput()
	if _, failed := err.(*exec.ExitError); err != nil && !failed {
		t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// events are those of an incident file as they stand.
func events(t *testing.T, path string) []record.Event {
	t.Helper()
	f, err := record.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := f.Events()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Back-dated notes, a correction and one taken back, on the file alone.
func TestNote(t *testing.T) {
	state := t.TempDir()
	path := recorded(t, filepath.Join(state, "pgmedic", "incidents"))
	name := strings.TrimSuffix(filepath.Base(path), record.Extension) // found where pgmedic keeps its own
	out, code := pgmedic(t, state, "note", name, "first ticket | <b>x</b>", "--at", "17:15:30", "--zone", "Europe/Berlin", "--mark", "detected", "--author", "anna")
	id := regexp.MustCompile(`id (\w{26})`).FindStringSubmatch(out)
	if code != exitOK || id == nil || !strings.Contains(out, "2026-11-23 16:15:30 UTC (17:15:30 Europe/Berlin)  first ticket") {
		t.Fatalf("exit %d\n%s", code, out)
	}
	for _, args := range [][]string{
		{"the batch was started", "--at", "~16:10±5m"},
		{"roll back", "--at", "2026-11-23T16:16Z", "--decision", "--star"},
		{"first ticket, by phone", "--supersede", id[1], "--at", "16:15:10"},
	} {
		if out, code := pgmedic(t, state, append([]string{"note", path}, args...)...); code != exitOK {
			t.Errorf("note %v: exit %d\n%s", args, code, out)
		}
	}
	var got []string
	for _, e := range events(t, path) {
		got = append(got, e.At.Format(time.TimeOnly)+" "+e.Within.String()+" "+string(e.Kind)+" "+e.Title)
	}
	want := "16:10:00 5m0s said the batch was started; 16:15:10 0s mark first ticket, by phone; 16:16:00 0s said roll back"
	if strings.Join(got, "; ") != want {
		t.Errorf("the timeline is %s\nwant %s", strings.Join(got, "; "), want)
	}
	if out, code := pgmedic(t, state, "note", path, "--remove", id[1]); code != exitOK || !strings.Contains(out, "taken back: 2026-11-23 16:15:10 UTC  first ticket, by phone") || len(events(t, path)) != 2 {
		t.Errorf("exit %d\n%s", code, out)
	}
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"x", "--at", "half past"}, exitUsage, "16:20"}, {[]string{"x", "--at", "03:00"}, exitUsage, "with its date"}, {[]string{"x", "--zone", "CET"}, exitUsage, "Europe/Berlin"},
		{nil, exitError, "needs a text"}, {[]string{"x", "--mark", "onset"}, exitError, "detected"}, {[]string{"x", "--decision", "--mark", "detected"}, exitUsage, "decision"},
		{[]string{"--remove", "nonsense"}, exitError, "no event"}, {[]string{"x", "--remove", "nonsense"}, exitUsage, "no text"},
	} {
		if out, code := pgmedic(t, state, append([]string{"note", path}, c.args...)...); code != c.code || !strings.Contains(out, c.says) {
			t.Errorf("note %v: exit %d\n%s\nwant %d and %q", c.args, code, out, c.code, c.says)
		}
	}
	if n := len(events(t, path)); n != 2 {
		t.Errorf("the timeline holds %d events afterwards", n)
	}
}

// The timeline is written in each format, to a file too, with the ids that a note can name.
func TestTimeline(t *testing.T) {
	state := t.TempDir()
	path := recorded(t, state)
	for _, text := range []string{"first | ticket", "=1+1"} {
		if out, code := pgmedic(t, state, "note", path, text, "--at", "16:15:30", "--author", "anna"); code != exitOK {
			t.Fatalf("exit %d\n%s", code, out)
		}
	}
	id := events(t, path)[0].ID
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{nil, exitOK, `first \| ticket | anna |`}, {[]string{"--zone", "Europe/Berlin"}, exitOK, "| 2026-11-23 16:15:30 | 2026-11-23 17:15:30 |"},
		{[]string{"--format", "csv"}, exitOK, "'=1+1"}, {[]string{"--format", "csv"}, exitOK, id}, {[]string{"--format", "jsonl", "--redact", "public"}, exitOK, `"author":"person-A"`},
		{[]string{"--format", "pdf"}, exitUsage, "--format is"}, {[]string{"--redact", "none"}, exitUsage, "--redact is"}, {[]string{"--zone", "CET"}, exitUsage, "--zone"},
	} {
		if out, code := pgmedic(t, state, append([]string{"timeline", path}, c.args...)...); code != c.code || !strings.Contains(out, c.says) {
			t.Errorf("timeline %v: exit %d\n%s\nwant %d and %q", c.args, code, out, c.code, c.says)
		}
	}
	to := filepath.Join(state, "timeline.csv")
	if out, code := pgmedic(t, state, "timeline", path, "--format", "csv", "-o", to); code != exitOK || out != "" {
		t.Errorf("exit %d\n%s", code, out)
	}
	if text, err := os.ReadFile(to); err != nil || !strings.Contains(string(text), id) {
		t.Errorf("%s, %v", text, err)
	}
}

// Files are listed, copied and merged; nothing is overwritten.
func TestIncidentFiles(t *testing.T) {
	state := t.TempDir()
	if out, code := pgmedic(t, state, "incidents"); code != exitOK || !strings.Contains(out, "no incident files in") {
		t.Errorf("exit %d\n%s", code, out)
	}
	path := recorded(t, filepath.Join(state, "pgmedic", "incidents"))
	if out, code := pgmedic(t, state, "incidents"); code != exitOK || !strings.Contains(out, filepath.Base(path)) || !strings.Contains(out, "2026-11-23 16:15:00  1m0s") {
		t.Errorf("exit %d\n%s", code, out)
	}
	copied, both := filepath.Join(state, "copy.pgmedic"), filepath.Join(state, "both.pgmedic")
	if out, code := pgmedic(t, state, "export", filepath.Base(path), copied); code != exitOK || !strings.Contains(out, copied) {
		t.Errorf("exit %d\n%s", code, out)
	}
	if out, code := pgmedic(t, state, "note", copied, "mine", "--at", "16:15:10"); code != exitOK {
		t.Errorf("exit %d\n%s", code, out)
	}
	if out, code := pgmedic(t, state, "merge", path, copied, "-o", both); code != exitOK || !strings.Contains(out, ": 61 samples, 0 events") || !strings.Contains(out, ": 0 samples, 1 events") || len(events(t, both)) != 1 {
		t.Errorf("exit %d\n%s", code, out)
	}
	for _, args := range [][]string{{"merge", path, copied, "-o", both}, {"export", path, both}} {
		if out, code := pgmedic(t, state, args...); code != exitError || !strings.Contains(out, "nothing is overwritten") {
			t.Errorf("%v: exit %d\n%s", args, code, out)
		}
	}
	if out, code := pgmedic(t, state, "merge", path, copied); code != exitUsage {
		t.Errorf("merge without -o: exit %d\n%s", code, out)
	}
}

// The report of a file is written, checked and traced.
func TestReportIsCheckedAndTraced(t *testing.T) {
	state := t.TempDir()
	path, folder := recorded(t, state), filepath.Join(state, "report")
	if out, code := pgmedic(t, state, "report", path, "-o", folder, "--strict"); code != exitOK || !strings.Contains(out, "report.md") {
		t.Fatalf("exit %d\n%s", code, out)
	}
	text := filepath.Join(folder, "report.md")
	written, err := os.ReadFile(text)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(text, append([]byte("- [ ] Do it\nIt is 45x faster.\n"), written...), 0o600); err != nil {
		t.Fatal(err)
	}
	out, code := pgmedic(t, state, "report", path, "-o", folder, "--strict")
	if code != exitLint || !strings.Contains(out, "report.md:1: action") || !strings.Contains(out, "report.md:2: ratio") {
		t.Errorf("exit %d\n%s", code, out)
	}
	list, code := pgmedic(t, state, "fact", path)
	id := regexp.MustCompile(`^\[(\w+)\]`).FindStringSubmatch(list)
	if code != exitOK || id == nil {
		t.Fatalf("exit %d\n%s", code, list)
	}
	if out, code := pgmedic(t, state, "fact", path, id[1]); code != exitOK || !strings.Contains(out, "The samples of its window") {
		t.Errorf("exit %d\n%s", code, out)
	}
	if out, code := pgmedic(t, state, "fact", path, "nonsense"); code != exitError || !strings.Contains(out, "no fact") {
		t.Errorf("exit %d\n%s", code, out)
	}
}
