package report

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/playbooks/session"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/record"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// Three idle sessions of a real server are listed, one of them ends by itself, the others are ended from here: the report counts each.
func TestSessionsThatWereEnded(t *testing.T) {
	dsn := pgtest.Database(t)
	var leaves *pgx.Conn
	names := []string{"first", "second", "third"}
	for _, name := range names {
		leaves = pgtest.Connect(t, dsn, map[string]string{"application_name": name})
		pgtest.Execute(t, leaves, "SELECT 1")
	}
	server, err := live.New(live.Config{DSN: dsn, LookOnly: true})
	check(t, err)
	t.Cleanup(server.Close)
	window := probes.NewWindow(time.Minute)
	for tick := range server.Stream(t.Context()) {
		if tick.Sample != nil {
			window.Add(tick.Sample, probes.Assessment{})
			break
		}
	}
	seen := playbooks.See(window)
	var sessions []probes.Backend
	for _, b := range seen.Sample.Backends {
		if slices.Contains(names, b.Application) {
			sessions = append(sessions, b)
		}
	}
	path := recordOf(t, server, sessions, seen, func() { check(t, leaves.Close(context.Background())) })
	folder := t.TempDir()
	_, err = Write(path, folder)
	check(t, err)
	text, err := os.ReadFile(filepath.Join(folder, reportName))
	check(t, err)
	for _, want := range []string{"## Sessions and settings", "end three idle sessions | applied | 2 sessions ", "1 session ", "third", "changed, nothing was sent: the session has ended"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the report does not say %q", want)
		}
	}
	if strings.Contains(string(text), "Size not measured") {
		t.Error("an action on sessions is told as one on an index")
	}
}

// recordOf ends the sessions through the engine, after meanwhile was done, and returns the path of its record.
func recordOf(t *testing.T, server *live.Server, sessions []probes.Backend, seen *playbooks.Seen, meanwhile func()) string {
	t.Helper()
	file, err := record.Create(t.TempDir(), "sessions", time.Now())
	check(t, err)
	defer file.Close()
	draft := session.Draft("room", playbooks.Finding{Title: "few slots are left"}, session.Order{Signal: live.Terminate, Sessions: sessions, Seen: seen})
	draft.Title = "end three idle sessions"
	prepared, err := playbooks.NewEngine(server, file, time.Now).Prepare(t.Context(), draft)
	check(t, err)
	meanwhile()
	run, err := prepared.Confirm("terminate 3 idle")
	check(t, err)
	for range run.Progress() {
	}
	if o := run.Outcome(); o.State != playbooks.Applied {
		t.Fatalf("%s: %v, %s", o.State, o.Err, playbooks.Tally(o.Verification.Rows))
	}
	return file.Path()
}

// The shots of an action that repeats itself are added up, and are one line of the timeline.
func TestShotsAreAddedUp(t *testing.T) {
	in := rehearsed(t)
	rows := `[{"Name":"pid 1","What":"app","State":"acted","Saw":"its statement has ended"},{"Name":"pid 2","What":"app","State":"changed","Saw":"nothing was sent"}]`
	event := func(id string, second int, data map[string]string) record.Event {
		return record.Event{ID: id, Kind: record.Acted, At: onset.Add(time.Duration(second) * time.Second), Title: "applying: hold the line", Data: data}
	}
	all := []record.Event{event("h", 1, map[string]string{"state": "intent", "signal": "cancel"})}
	for n := range 3 {
		all = append(all, event("i"+string(rune('0'+n)), 2+n, map[string]string{"state": "intent", "run": "h"}),
			event("o"+string(rune('0'+n)), 2+n, map[string]string{"state": "applied", "run": "h", "rows": rows}))
	}
	in.events = append(all, event("end", 9, map[string]string{"state": "applied", "intent": "h", "duration_ms": "8000"}))
	in.actions = actionsOf(in.events)
	text, err := reportText(in, factsOf(in))
	check(t, err)
	for _, want := range []string{"| hold the line | applied | 3 calls ", "- Sent in 3 shots", "- 3 calls: changed, nothing was sent", "3 shots of it: 3 acted, 3 changed"} {
		if !strings.Contains(text, want) {
			t.Errorf("the report does not say %q", want)
		}
	}
	if n := strings.Count(text, "3 shots of it"); n != 1 {
		t.Errorf("%d lines of the timeline are about its shots", n)
	}
}

// Where no index was built, the end of what was in the way of others is the remedy.
func TestUnblockIsTheRemedy(t *testing.T) {
	in := rehearsed(t)
	at := func(second int) time.Time { return onset.Add(time.Duration(second) * time.Second) }
	data := map[string]string{"state": "intent", "signal": "terminate"}
	in.moments[len(in.moments)-60].InWay = []int32{7}
	done := map[string]string{"state": "applied", "intent": "u", "duration_ms": "100", "rows": `[{"Name":"pid 7","State":"acted"}]`}
	in.events = []record.Event{{ID: "u", Kind: record.Acted, At: at(10), Title: "applying: terminate pid 7", Data: data}, {ID: "e", Kind: record.Acted, At: at(11), Data: done}}
	in.actions = actionsOf(in.events)
	text, err := reportText(in, factsOf(in))
	check(t, err)
	for _, want := range []string{"terminate pid 7: done at " + stamp(at(11)), "| remedied | " + stamp(at(11)) + " | ", "Recovered after the remedy was in place"} {
		if !strings.Contains(text, want) {
			t.Errorf("the report does not say %q", want)
		}
	}
}
