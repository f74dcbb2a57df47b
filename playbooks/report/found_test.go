package report

import (
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes/record"
)

// foundAgain is the build of the rehearsed incident as a later record has it: its pgmedic was lost, and only the outcome is there.
func foundAgain(sent bool) record.Event {
	e := events()[5]
	e.ID, e.Title = "found", "applied, found again: index for reports.reports"
	e.Data = map[string]string{
		"playbook": "index", "state": "applied", "intent": "elsewhere", "found": "after pgmedic had lost it", "index": e.Data["index"], "role": "postgres",
		"undo": "DROP INDEX CONCURRENTLY reports.idx_reports_user_id_3f9a",
	}
	if sent {
		e.Data["sent"] = buildFrom.Format(time.RFC3339Nano)
	}
	return e
}

// A build that a lost pgmedic began is told by the record that found it: what, by which statement, when, and what was read back.
func TestFoundAgainIsToldAsAChange(t *testing.T) {
	for _, sent := range []bool{true, false} {
		in := rehearsed(t)
		in.events = append(events()[:4:4], foundAgain(sent), events()[6])
		in.actions = actionsOf(in.events)
		got, err := reportText(in, factsOf(in))
		check(t, err)
		when := "Sent by `postgres` on `7300000000000000001 timeline 1, postgres@127.0.0.1:5432/orders`; when is on the record of the pgmedic that sent it"
		if sent {
			when = "Sent at " + stamp(buildFrom)
		}
		for _, want := range []string{
			"### CREATE INDEX `idx_reports_user_id_3f9a`: applied, found again", buildSQL, "- index: valid and ready", when, "Found at " + stamp(buildTo),
			"was built and in place at " + stamp(buildTo) + " or before", "Size 224", "found again, read back; it was in place then or before", "To take it back:",
		} {
			if !strings.Contains(got, want) {
				t.Errorf("sent %v: the report does not say %q", sent, want)
			}
		}
		for _, wrong := range []string{"No table or index was changed", "Took not measured"} {
			if strings.Contains(got, wrong) {
				t.Errorf("sent %v: the report says %q", sent, wrong)
			}
		}
	}
}

// Where a remedy was found in place after the recovery, which of the two came first is not known.
func TestOrderOfARemedyThatWasFound(t *testing.T) {
	in := rehearsed(t)
	late := foundAgain(true)
	late.At = recovered.Add(time.Minute)
	in.actions = actionsOf([]record.Event{late})
	w := &writer{in: in, facts: factsOf(in)}
	if got := string(w.order()); !strings.Contains(got, "cannot be put in order") {
		t.Errorf("order: %q", got)
	}
}

// A size is that of the index which was built, or dropped, and not of another that had its name earlier or later.
func TestSizesOfIndexesOfOneName(t *testing.T) {
	at := func(n int) time.Time { return begin.Add(time.Duration(n) * time.Minute) }
	var all []record.Event
	did := func(id string, from int, sql string) {
		all = append(all, record.Event{ID: id, Kind: record.Acted, At: at(from), SQL: sql, Data: map[string]string{"state": "intent", "index": "x"}},
			record.Event{Kind: record.Acted, At: at(from + 1), SQL: sql, Data: map[string]string{"state": "applied", "intent": id, "index": "x"}})
	}
	size := func(bytes float64, n int) record.Fact {
		return record.Fact{Kind: kindIndexSize, Subject: "s.x", Value: bytes, Unit: "bytes", From: at(n), To: at(n)}
	}
	did("d1", 10, "DROP INDEX CONCURRENTLY s.x")
	did("b1", 20, "CREATE INDEX CONCURRENTLY x ON s.t (a)")
	did("d2", 30, "DROP INDEX CONCURRENTLY s.x")
	did("b2", 40, "CREATE INDEX CONCURRENTLY x ON s.t (b)")
	in := &incident{events: all, actions: actionsOf(all), stored: []record.Fact{size(2, 21), size(3, 25), size(4, 41), size(5, 45)}}
	w := &writer{in: in, facts: factsOf(in)}
	for i, want := range []float64{0, 2, 3, 4} {
		got := w.sizeOf(in.actions[i])
		if want == 0 && got != nil || want != 0 && (got == nil || got.Value != want) {
			t.Errorf("%s: size %+v, want %g", in.actions[i].Intent.ID, got, want)
		}
	}
	for i, want := range []md{"built and dropped in this incident", "built and dropped in this incident", "built in this incident"} {
		if got := in.roleOf(&in.stored[i]); got != want {
			t.Errorf("role %q, want %q", got, want)
		}
	}
}
