package drill

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/adrg/xdg"
	"go.uber.org/goleak"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/record"
)

// The lock pile-up's story by itself: what it says, and what is on record of it.
func TestAutoLocks(t *testing.T) {
	defer goleak.VerifyNone(t)
	keepIncidentsIn(t, t.TempDir())
	var out strings.Builder
	if err := Auto(t.Context(), Options{Scenario: Locks, Rows: leastRows}, &out); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	t.Log(out.String())
	for _, want := range []string{
		`(?m)^ +[\d.]+ s  told: \d+ sessions wait for locks behind pid \d+ \(psql, idle in transaction\)$`,
		`pile-up: (6[0-9]|[7-9]\d) sessions wait`,
		`root: pid \d+ · psql · reports_support .*idle in transaction for`,
		`behind it: pid \d+ · migrate · reports_owner .*waits for AccessExclusiveLock on reports\.reports; \d\d sessions behind it`,
		`released: \d+ waiting → 0`,
		`served: \d+\.\d reports/s over [\d.]+ s, .* 0 errors`,
		`shown: \d+ waited at most, 0 at the end`,
	} {
		if !regexp.MustCompile(want).MatchString(out.String()) {
			t.Errorf("the story does not say %s", want)
		}
	}
	checkLocksRecord(t, said(t, out.String(), "incident"))
	if text, err := os.ReadFile(said(t, out.String(), "report")); err != nil || !strings.Contains(string(text), "idle in transaction") {
		t.Errorf("the report: %v, or nothing of the root in it", err)
	}
}

// keepIncidentsIn sets the folder where records go until the test ends.
func keepIncidentsIn(t *testing.T, folder string) {
	t.Helper()
	before := xdg.StateHome
	xdg.StateHome = folder
	t.Cleanup(func() { xdg.StateHome = before })
}

// said is the path behind a name on a line of its own.
func said(t *testing.T, out, name string) string {
	t.Helper()
	found := regexp.MustCompile(`(?m)^` + name + `: (/.*)$`).FindStringSubmatch(out)
	if found == nil {
		t.Fatalf("there is no path of the %s", name)
	}
	return filepath.Clean(found[1])
}

// checkLocksRecord looks for the story in the incident file: what was seen, intended and done, in this order, and what the person saw of it.
func checkLocksRecord(t *testing.T, path string) {
	t.Helper()
	file, err := record.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	events, err := file.Events()
	if err != nil {
		t.Fatal(err)
	}
	story := []struct {
		what string
		is   func(record.Event) bool
	}{
		{"the migration that comes", func(e record.Event) bool { return strings.HasPrefix(e.Title, "migrate: runs ALTER TABLE") }},
		{"the pile-up", func(e record.Event) bool {
			return e.Data["event"] == record.EventLocks && e.Data["direction"] == "reached"
		}},
		{"the finding", func(e record.Event) bool { return e.Source == "playbook unblock" }},
		{"the intent", func(e record.Event) bool { return e.Source == "engine" && e.Data["state"] == playbooks.StateIntent }},
		{"the outcome", func(e record.Event) bool {
			return e.Data["state"] == string(playbooks.Applied) && e.Data["rows_acted"] == "1"
		}},
	}
	lost := false // at about the time of the outcome, by another clock
	for _, e := range events {
		if len(story) > 0 && story[0].is(e) {
			story = story[1:]
		}
		lost = lost || e.Data["sqlstate"] == "57P01" && strings.HasPrefix(e.Title, "psql: ")
	}
	if !lost {
		t.Error("it is not on record that the person lost the session")
	}
	if len(story) > 0 {
		t.Errorf("not on record in its place: %s", story[0].what)
		for _, e := range events {
			t.Logf("%s %s %s %s %v", e.At.Format("15:04:05.000"), e.Kind, e.Source, e.Title, e.Data)
		}
	}
}
