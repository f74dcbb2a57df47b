package record

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestAddNote(t *testing.T) {
	f := must[*File](t)(Create(t.TempDir(), "orders", start))
	at := When{At: start.Add(time.Minute), Within: 5 * time.Minute, Basis: Recollected}
	long := strings.Repeat("ä", 3*titleLength)
	for _, c := range []struct {
		note Note
		want Event
	}{
		{Note{Text: " users\tsee errors\r\nsince the deploy ", When: at, Author: "anna\x1b[31m", Star: true},
			Event{Kind: Said, Title: "users see errors", Body: "users\tsee errors\nsince the deploy", Author: `anna\x1B[31m`, Star: true}},
		{Note{Text: long, When: at, Internal: true}, Event{Kind: Said, Title: long[:2*(titleLength-1)] + "…", Body: long, Internal: true}},
		{Note{Text: "roll back", When: at, Decision: true}, Event{Kind: Said, Title: "roll back", Data: map[string]string{DataSaid: SaidDecision}}},
		{Note{Text: "the cache is cold", When: at, Hypothesis: HypothesisOpen},
			Event{Kind: Said, Title: "the cache is cold", Data: map[string]string{DataSaid: SaidHypothesis, DataHypothesis: HypothesisOpen}}},
		{Note{When: at, Mark: MarkAcknowledged}, Event{Kind: Mark, Title: MarkAcknowledged, Data: map[string]string{"mark": MarkAcknowledged}}},
	} {
		got := must[Event](t)(f.AddNote(c.note))
		c.want.ID, c.want.RecordedAt, c.want.At, c.want.Within, c.want.Basis = got.ID, got.RecordedAt, at.At, at.Within, at.Basis
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("stored %+v\nwant   %+v", got, c.want)
		}
	}
	for _, n := range []Note{{Text: " \n"}, {Text: "x", Mark: "over"}, {Text: "x", Mark: MarkOnset}, {Text: "x", Hypothesis: "true"}} {
		if e, err := f.AddNote(n); err == nil {
			t.Errorf("%+v was stored as %+v", n, e)
		}
	}
}

// What people said is theirs to correct and to take back; what was measured or done is not.
func TestCorrectAndRemove(t *testing.T) {
	f := must[*File](t)(Create(t.TempDir(), "orders", start))
	said := must[Event](t)(f.AddNote(Note{Text: "it began", When: When{At: start}}))
	acted := must[Event](t)(f.AddEvent(Event{Kind: Acted, At: start.Add(time.Second), Title: "index built"}))
	must[Event](t)(f.Correct(strings.ToLower(said.ID), func(e *Event) { e.SetText("it began earlier"); e.At = start.Add(-time.Minute) }))
	must[Event](t)(f.Correct(acted.ID, func(e *Event) { e.Star = true }))
	if _, err := f.Correct(acted.ID, func(e *Event) { e.Title = "nothing happened" }); err == nil {
		t.Error("what was done was reworded")
	}
	events := must[[]Event](t)(f.Events())
	if len(events) != 2 || events[0].Title != "it began earlier" || events[0].ID != said.ID || !events[0].At.Equal(start.Add(-time.Minute)) || !events[1].Star || events[1].Title != acted.Title {
		t.Errorf("the timeline is %+v", events)
	}
	if gone := must[Event](t)(f.Remove(said.ID, "ben")); gone.Title != "it began earlier" {
		t.Errorf("removed %+v", gone)
	}
	if got := titles(t, f); got != "index built" {
		t.Errorf("the timeline is %s", got)
	}
	versions := must[[]Event](t)(f.Versions())
	if last := versions[0]; len(versions) != 5 || !last.Removed && !versions[1].Removed && !versions[2].Removed {
		t.Errorf("the file holds %+v", versions)
	}
	for id, says := range map[string]string{"": "no event", "nonsense": "no event", said.ID: "no event", acted.ID[:1]: ""} {
		if _, err := f.Find(id); says != "" && (err == nil || !strings.Contains(err.Error(), says)) || says == "" && err != nil {
			t.Errorf("Find(%q): %v", id, err)
		}
	}
	must[Event](t)(f.AddNote(Note{Text: "a second one", When: When{At: start}}))
	if _, err := f.Find("0"); err == nil || !strings.Contains(err.Error(), "give more") {
		t.Errorf("two events are found as one: %v", err)
	}
}
