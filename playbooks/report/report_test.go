package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/record"
)

var update = flag.Bool("update", false, "write the golden report anew")

// TestReportOfAFile takes the way of the program: an incident file, read back, rendered, written.
func TestReportOfAFile(t *testing.T) {
	incident := recorded(t)
	t.Run("golden", func(t *testing.T) { goldenReport(t, incident) })
	t.Run("the same bytes again", func(t *testing.T) { sameBytes(t, incident) })
	t.Run("says what the record does", func(t *testing.T) { saysWhatTheRecordDoes(t, incident) })
	t.Run("an edited report is kept", func(t *testing.T) { editedIsKept(t, incident) })
}

// goldenReport shows the whole report as people read it. go test ./playbooks/report -run TestReportOfAFile -update writes it anew; look at the difference.
func goldenReport(t *testing.T, incident string) {
	in, err := load(incident)
	check(t, err)
	in.name = "rehearsed.pgmedic"
	for i, name := range []string{"whale-before", "small-before", "whale-after", "small-after"} {
		in.plans[i].ID = name // else they differ from run to run
	}
	sameAsGolden(t, in, "testdata/report.golden.md")
}

func sameAsGolden(t *testing.T, in *incident, golden string) {
	t.Helper()
	got, err := reportText(in, factsOf(in))
	check(t, err)
	if *update {
		check(t, os.WriteFile(golden, []byte(got), 0o600))
	}
	want, err := os.ReadFile(golden)
	check(t, err)
	if got != string(want) {
		t.Errorf("the report differs from %s, first in line %d; run with -update and look at the difference", golden, firstDifference(got, string(want)))
	}
}

// The second incident is of another kind: a transaction that a person left open, a migration that waited for it, and the application behind both. testdata/locks.pgmedic
// was recorded by pgmedic drill --scenario locks --auto on PostgreSQL 15.
func TestReportOfALockPileUp(t *testing.T) {
	incident := filepath.Join("testdata", "locks.pgmedic")
	in, err := load(incident)
	check(t, err)
	sameAsGolden(t, in, "testdata/locks.golden.md")
	sameBytes(t, incident)
	folder := t.TempDir()
	written, err := Write(incident, folder)
	check(t, err)
	all := readFacts(t, folder)
	wrong, checked := all.disagreements()
	if len(wrong) != 0 || checked["statement.load"] == 0 || checked["queue.open"] != 1 {
		t.Errorf("computed again: %v, %v", wrong, checked)
	}
	lints := written.Lints
	// Calls that wait have not ended: over three seconds of a pile-up they are seen and not counted, which the report says, and the lint asks about.
	if !slices.Equal(rules(lints), []Rule{RuleLittle}) {
		t.Errorf("against a report that nobody edited speaks %+v", lints)
	}
}

func firstDifference(a, b string) int {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range x {
		if i >= len(y) || x[i] != y[i] {
			return i + 1
		}
	}
	return len(x) + 1
}

func sameBytes(t *testing.T, incident string) {
	first, second := t.TempDir(), t.TempDir()
	written, err := Write(incident, first)
	check(t, err)
	if path := written.Path; path != filepath.Join(first, "report.md") {
		t.Errorf("the report is at %s", path)
	}
	_, err = Write(incident, second)
	check(t, err)
	for _, name := range []string{reportName, factsName, "assets/connections.svg"} {
		a, err := os.ReadFile(filepath.Join(first, name))
		check(t, err)
		b, err := os.ReadFile(filepath.Join(second, name))
		check(t, err)
		if string(a) != string(b) || len(a) == 0 {
			t.Errorf("%s is not the same again", name)
		}
	}
}

func saysWhatTheRecordDoes(t *testing.T, incident string) {
	written, err := Write(incident, t.TempDir())
	check(t, err)
	data, err := os.ReadFile(written.Path)
	check(t, err)
	for _, want := range []string{
		"peak of 95 connections", "with 1 of pgmedic's own 99 %", "Recovered after the remedy was in place, by 6 s", "CREATE INDEX CONCURRENTLY",
		"user_id: equality, leaves 104 rows (estimated)", "× 74.1", "not comparable: one from shared buffers, one not", "> **To fill in:**",
		"valid and ready", "53300", "removed 29,999 rows by filter", "120,000 rows (estimated)",
	} {
		if !strings.Contains(string(data), want) {
			t.Errorf("the report does not say %q", want)
		}
	}
	if bare := unescaped(string(data)); strings.Contains(bare, "<img") || strings.Contains(bare, "<b>") {
		t.Error("markup of the server's text is left")
	}
	for _, literal := range []string{"6c40a97a", "7b8d62fd", "title 0"} {
		if strings.Contains(string(data), literal) {
			t.Errorf("the report shows the literal %q", literal)
		}
	}
}

var emptyCell = regexp.MustCompile(`(?m)^\|.*\|[ \t]*\|`)

// An empty record, one without a spike and one without anything done are reported as what they are.
func TestHonestWhereThereIsLittle(t *testing.T) {
	list, assessed := samples()
	calm := gather(t, &incident{name: "calm.pgmedic"}, list[:30], assessed[:30])
	one := gather(t, &incident{name: "one.pgmedic"}, list[:1], assessed[:1])
	running := gather(t, &incident{name: "running.pgmedic", events: events()[:4]}, list[:150], assessed[:150])
	cases := []struct {
		name string
		in   *incident
		want []string
	}{
		{"empty", &incident{name: "empty.pgmedic"}, []string{"nothing was measured", "No table or index was changed", "no events were recorded"}},
		{"one sample", one, []string{"No spike was seen", "No chart"}},
		{"calm", calm, []string{"No spike was seen", "a baseline that is not known", "no plan was taken", "Recovery and remedy cannot be put in order"}},
		{"running", running, []string{"had not recovered when the record ended", "Neither a recovery nor a remedy"}},
	}
	for _, c := range cases {
		fresh, _, err := render(c.in, factsOf(c.in))
		check(t, err)
		text := fresh.text()
		for _, want := range c.want {
			if !strings.Contains(text, want) {
				t.Errorf("%s: the report does not say %q", c.name, want)
			}
		}
		tables := strings.ReplaceAll(text, "| | |\n", "")
		if cell := emptyCell.FindString(tables); cell != "" {
			t.Errorf("%s: a blank cell in %q", c.name, cell)
		}
	}
}

// The seed's own error: the spike was over hours before the index came.
func TestRecoveredBeforeTheRemedyIsSaid(t *testing.T) {
	in := rehearsed(t)
	in.spike.Recovered = buildFrom.Add(-5 * time.Second)
	w := &writer{in: in, facts: factsOf(in)}
	if got := string(w.order()); !strings.Contains(got, "Recovered before the remedy") {
		t.Errorf("order: %q", got)
	}
}

func editedIsKept(t *testing.T, incident string) {
	folder := t.TempDir()
	first, err := Write(incident, folder)
	check(t, err)
	beside := filepath.Join(folder, newName)
	change := func(old, new string) string {
		data, err := os.ReadFile(first.Path)
		check(t, err)
		mine := strings.Replace(string(data), old, new, 1)
		check(t, os.WriteFile(first.Path, []byte(mine), 0o600))
		return mine
	}
	mine := change("> **To fill in:** severity", "Severity 1.")
	if again, err := Write(incident, folder); err != nil || again.Path != first.Path || len(again.Kept) != 0 {
		t.Fatalf("wrote %+v, %v", again, err)
	}
	if kept, err := os.ReadFile(first.Path); err != nil || string(kept) != mine {
		t.Errorf("what a person filled in was changed (%v)", err)
	}
	mine = change("- From 2026-11-23", "- We think from 2026-11-23")
	again, err := Write(incident, folder)
	check(t, err)
	if !slices.Equal(again.Kept, []string{"summary"}) || !strings.Contains(again.Diff, "-- We think from") || !strings.Contains(again.Diff, "+- From") {
		t.Errorf("kept %v\n%s", again.Kept, again.Diff)
	}
	if kept, err := os.ReadFile(first.Path); err != nil || string(kept) != mine {
		t.Errorf("the edited block was changed (%v)", err)
	}
	if anew, err := os.ReadFile(beside); err != nil || strings.Contains(string(anew), "We think") || !strings.Contains(string(anew), "Severity 1.") {
		t.Errorf("beside stands %v\n%s", err, anew)
	}
	change("- We think from 2026-11-23", "- From 2026-11-23")
	if _, err := Write(incident, folder); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(beside); err == nil {
		t.Error("what is no longer new still stands there")
	}
	foreign := "# My own report"
	check(t, os.WriteFile(first.Path, []byte(foreign), 0o600))
	if other, err := Write(incident, folder); err != nil || other.Path != beside {
		t.Errorf("beside a foreign file: %+v, %v", other, err)
	}
	if kept, err := os.ReadFile(first.Path); err != nil || string(kept) != foreign {
		t.Errorf("a foreign file was changed (%v)", err)
	}
}

func TestNothingIsLeftWhereItCannotBeFinished(t *testing.T) {
	folder := t.TempDir()
	check(t, os.MkdirAll(filepath.Join(folder, reportName), 0o700)) // a folder stands where the report should be
	if err := writeAll(folder, []output{{reportName, []byte("text")}}); err == nil {
		t.Error("no error")
	}
	left, err := os.ReadDir(folder)
	check(t, err)
	if len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}

func TestWriteOfAMissingFileNamesIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none.pgmedic")
	_, err := Write(path, t.TempDir())
	if err == nil || !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("error: %v", err)
	}
	want := "opening the incident file " + path + ": no such file or directory; name a file that ends in .pgmedic, pgmedic keeps its own in " + record.Folder()
	if err.Error() != want {
		t.Errorf("error: %v\nwant:  %s", err, want)
	}
}

func TestChartIsWellFormedAndCited(t *testing.T) {
	in := rehearsed(t)
	files, err := charts(in)
	check(t, err)
	text := ""
	for i, name := range []string{"connections", "waits", "load", "calls"} {
		svg, image := files[2*i], files[2*i+1]
		if svg.Name != "assets/"+name+".svg" || image.Name != "assets/"+name+".png" {
			t.Fatalf("files %s, %s", svg.Name, image.Name)
		}
		decoder := xml.NewDecoder(strings.NewReader(string(svg.Data)))
		for {
			if _, err := decoder.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
		}
		if picture, err := png.Decode(bytes.NewReader(image.Data)); err != nil || picture.Bounds().Dx() < 1000 {
			t.Errorf("%s: %v", image.Name, err)
		}
		if i == 0 {
			text = string(svg.Data)
		}
	}
	again, err := charts(in)
	check(t, err)
	if !reflect.DeepEqual(again, files) {
		t.Error("drawn again, the charts are not the same")
	}
	for _, want := range []string{"onset", "recovered", "remedy in place", "ceiling for the application", "2026-11-23"} {
		if !strings.Contains(text, want) {
			t.Errorf("the chart does not show %q", want)
		}
	}
}

func TestTreeShowsRowsOverAllLoops(t *testing.T) {
	scan := &plan.Node{Type: "Index Scan", Parallel: true, Schema: "reports", Relation: "reports", Index: "reports_organization_id_index",
		Filter: "(completed_at IS NULL)", PlanRows: 1, Executed: true, Loops: 3, RemovedByFilter: 151472}
	p := &plan.Plan{Root: &plan.Node{Type: "Gather", Executed: true, Loops: 1, WorkersLaunched: 2, Children: []*plan.Node{scan}},
		Origin: plan.Origin{Analyzed: true}}
	got := tree(p)
	for _, want := range []string{
		"└ Parallel Index Scan using reports_organization_id_index on reports.reports", "removed 454,416 rows by filter, over 3 loops", "2 workers and the leader",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the tree does not say %q:\n%s", want, got)
		}
	}
}

func TestAnIntentWithoutOutcomeIsNotTakenForDone(t *testing.T) {
	in := rehearsed(t)
	in.actions = actionsOf(events()[:5])
	if _, ok := in.remedy(); ok {
		t.Error("an intent alone counts as a remedy")
	}
	w := &writer{in: in, facts: factsOf(in)}
	if blocks := w.actions(); len(blocks) != 1 || !strings.Contains(string(blocks[0].Title), "outcome not recorded") {
		t.Errorf("actions: %+v", blocks)
	}
}

func TestActionsOfAFailedAndARepeatedBuild(t *testing.T) {
	first := record.Event{ID: "i1", Kind: record.Acted, SQL: buildSQL, Data: map[string]string{"state": "intent", "index": "x"}}
	cancel := record.Event{ID: "c1", Kind: record.Acted, Data: map[string]string{"state": "intent", "action": "cancel", "index": "x"}}
	stopped := record.Event{ID: "o1", Kind: record.Acted, SQL: buildSQL, Data: map[string]string{"state": "cancelled", "intent": "i1", "index": "x"}}
	second := record.Event{ID: "i2", Kind: record.Acted, SQL: buildSQL, Data: map[string]string{"state": "intent", "index": "x"}}
	applied := record.Event{ID: "o2", Kind: record.Acted, SQL: buildSQL, Data: map[string]string{"state": "applied", "intent": "i2", "index": "x"}}
	actions := actionsOf([]record.Event{first, cancel, stopped, second, applied})
	if len(actions) != 2 || actions[0].applied() || !actions[1].applied() {
		t.Errorf("actions: %+v", actions)
	}
}

// What the clients counted becomes one line between two marks or actions, whatever else was seen meanwhile.
func TestErrorsOfOneSourceAreOneLine(t *testing.T) {
	errors := record.Event{Kind: record.Imported, Source: "workers", Data: map[string]string{"errors": "2"}}
	seen, mark := record.Event{Kind: record.Observed}, record.Event{Kind: record.Mark}
	groups := eventGroups([]record.Event{errors, seen, errors, mark, errors, {Kind: record.Imported, Source: "workers"}})
	var sizes []int
	for _, group := range groups {
		sizes = append(sizes, len(group))
	}
	if want := []int{2, 1, 1, 1, 1}; !slices.Equal(sizes, want) {
		t.Errorf("groups of %v events, want %v", sizes, want)
	}
}

// unescaped returns what is left of a markdown text when every backslash and the character behind it are gone.
func unescaped(text string) string {
	var b strings.Builder
	skip := false
	for _, r := range text {
		switch {
		case skip:
			skip = false
		case r == '\\':
			skip = true
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
