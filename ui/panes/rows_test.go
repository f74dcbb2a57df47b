package panes

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/live"
)

// acting is work over pgmedic's own session.
type acting struct{ playbooks.Work }

func (acting) Act(context.Context, *playbooks.Sender) error { return live.ErrStopped }

func endedAs(states ...playbooks.RowState) []playbooks.Row {
	rows := make([]playbooks.Row, len(states))
	for i, state := range states {
		rows[i] = playbooks.Row{Name: fmt.Sprintf("pid %d", 100+i), What: "web · app · idle in transaction for 4 min", State: state, Saw: "as was read back"}
	}
	return rows
}

// How work on sessions ended is told by how many of them ended how, and never as more than was read back.
func TestOutcomesOfRowsAreToldApart(t *testing.T) {
	some := endedAs(playbooks.RowActed, playbooks.RowActed, playbooks.RowChanged)
	hold := &playbooks.Draft{Meanwhile: true, Work: acting{}}
	for _, c := range []struct {
		draft *playbooks.Draft
		state playbooks.OutcomeState
		v     playbooks.Verification
		want  string
	}{
		{nil, playbooks.Applied, playbooks.Verification{Rows: some, Helped: true}, "✓ done and read back: 2 acted, 1 changed"},
		{nil, playbooks.Applied, playbooks.Verification{Rows: some}, "▲ done, not seen to help: 2 acted, 1 changed"},
		{nil, playbooks.Canceled, playbooks.Verification{Rows: endedAs(playbooks.RowActed, playbooks.RowUnsent)}, "✗ stopped: 1 acted, 1 not sent"},
		{nil, playbooks.Unfinished, playbooks.Verification{Rows: endedAs(playbooks.RowActed, playbooks.RowRefused)}, "▲ unfinished: 1 acted, 1 refused"},
		{nil, playbooks.Failed, playbooks.Verification{Rows: endedAs(playbooks.RowNoEffect)}, "✗ failed: 1 no effect"},
		{nil, playbooks.Unknown, playbooks.Verification{Rows: endedAs(playbooks.RowUnknown)}, "▲ unknown: 1 unknown"},
		{hold, playbooks.Applied, playbooks.Verification{Done: true, Helped: true}, "✓ done and read back"},
		{hold, playbooks.Applied, playbooks.Verification{Done: true}, "▲ done, not seen to help"},
		{hold, playbooks.Canceled, playbooks.Verification{}, "✗ stopped"},
	} {
		if got, _ := OutcomeWord(testTheme(0), c.draft, playbooks.Outcome{State: c.state, Verification: c.v}); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

// One row alone is told in full at once; of many the first stand above, and all of them below.
func TestRowsOfADraft(t *testing.T) {
	var s Steps
	s.Reset("end", "")
	draft := &playbooks.Draft{Title: "end", SQL: []string{"SELECT 1"}, Rows: endedAs(""), Work: acting{}, NoWayBack: "it does not come back"}
	s.ShowDrafts([]*playbooks.Draft{draft}, 0)
	got := plain(&s, 120, 40)
	if strings.Count(got, "pid 100") != 1 || !strings.Contains(got, "▲ cannot be undone: it does not come back") || strings.Contains(got, "before | after") {
		t.Errorf("one row:\n%s", got)
	}
	draft.Rows = endedAs("", "", "", "", "", "", "")
	got = plain(&s, 120, 40)
	if strings.Count(got, "pid 100") != 2 || strings.Count(got, "pid 106") != 1 || !strings.Contains(got, "… and 2 more, all of them below") ||
		!strings.Contains(got, "cannot be undone, for each of the 7") || !strings.Contains(got, "once for each of the 7") {
		t.Errorf("seven rows:\n%s", got)
	}
}

// A phase without figures does not say whose it is.
func TestSummaryNamesTheWork(t *testing.T) {
	hold := &playbooks.Draft{Kind: "hold the line", Title: "hold the line: older than 1 s"}
	for want, p := range map[string]playbooks.Progress{
		"hold the line": {},
		"hold the line: reading back what is there":                      {Phase: "reading back what is there"},
		"holding the line: 9 calls cancelled, 12 slots free, 7 min left": {Phase: "holding the line", Done: 9, Unit: "calls cancelled", Doing: "12 slots free", LeftAll: 7 * time.Minute},
		"signalling: 30 of 50 sessions":                                  {Phase: "signalling", Done: 30, Total: 50, Unit: "sessions"},
	} {
		if got := Summary(hold, playbooks.RunProgress{Progress: p}); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// Findings of one kind are told apart by their words; where that cannot be, none is taken for another.
func TestSameFinding(t *testing.T) {
	of := func(book, title string) playbooks.Finding {
		return playbooks.Finding{Playbook: book, Title: title, Action: book}
	}
	now := []playbooks.Finding{of("room", "2 slots left"), of("unblock", "60 wait behind pid 1"), of("unblock", "3 wait behind pid 2")}
	for _, c := range []struct {
		was  playbooks.Finding
		want int
	}{{of("room", "5 slots left"), 0}, {of("unblock", "3 wait behind pid 2"), 2}, {of("unblock", "2 wait behind pid 2"), -1}, {of("index", "x"), -1}} {
		if got := SameFinding(now, c.was); got != c.want {
			t.Errorf("%q is number %d, want %d", c.was.Title, got, c.want)
		}
	}
}
