package record

import (
	"strings"
	"testing"
	"time"
)

// titles are those of the timeline as it stands.
func titles(t *testing.T, f *File) string {
	t.Helper()
	var all []string
	for _, e := range must[[]Event](t)(f.Events()) {
		all = append(all, e.Title)
	}
	return strings.Join(all, ", ")
}

// A correction stands in the place of what it corrects, under the id that others know; both stay in the file.
func TestCorrection(t *testing.T) {
	f := create(t)
	first := must[Event](t)(f.AddEvent(Event{At: start, Title: "deployed"}))
	must[Event](t)(f.AddEvent(Event{At: start.Add(time.Minute), Title: "between"}))
	second := must[Event](t)(f.AddEvent(Event{At: start.Add(2 * time.Minute), Title: "deployed 1.4", Supersedes: first.ID}))
	third := must[Event](t)(f.AddEvent(Event{At: start.Add(3 * time.Minute), Title: "deployed 1.5", Supersedes: second.ID, Star: true}))
	if third.Supersedes != first.ID {
		t.Errorf("the third version supersedes %s, want the first, %s", third.Supersedes, first.ID)
	}
	events := must[[]Event](t)(f.Events())
	if len(events) != 2 || events[1].ID != first.ID || events[1].Title != "deployed 1.5" || !events[1].Star || !events[1].At.Equal(start.Add(3*time.Minute)) {
		t.Errorf("events %+v", events)
	}
	if versions := must[[]Event](t)(f.Versions()); len(versions) != 4 {
		t.Errorf("%d versions, want 4", len(versions))
	}
}

// A removal is a tombstone; a later version brings the event back.
func TestRemoval(t *testing.T) {
	f := create(t)
	first := must[Event](t)(f.AddEvent(Event{At: start, Title: "a mistake"}))
	gone := must[Event](t)(f.AddEvent(Event{At: start, Title: "a mistake", Supersedes: first.ID, Removed: true}))
	if got := titles(t, f); got != "" {
		t.Errorf("events %s", got)
	}
	must[Event](t)(f.AddEvent(Event{At: start, Title: "none after all", Supersedes: gone.ID}))
	if got := titles(t, f); got != "none after all" {
		t.Errorf("events %s", got)
	}
}

func TestSupersedingNothing(t *testing.T) {
	f := create(t)
	_, err := f.AddEvent(Event{Title: "corrected", Supersedes: "01ARZ3NDEKTSV4RRFFQ69G5FAV"})
	if err == nil || !strings.Contains(err.Error(), "01ARZ3NDEKTSV4RRFFQ69G5FAV") {
		t.Errorf("error %v", err)
	}
	if got := titles(t, f); got != "" {
		t.Errorf("events %s", got)
	}
}

// All of several events are stored, or none.
func TestAddEventsIsOne(t *testing.T) {
	f := create(t)
	if _, err := f.AddEvents([]Event{{Title: "one"}, {Title: "two", Supersedes: "nobody"}}); err == nil {
		t.Fatal("a correction of nothing was stored")
	}
	if got := titles(t, f); got != "" {
		t.Errorf("events %s", got)
	}
	if stored := must[[]Event](t)(f.AddEvents([]Event{{Title: "one", At: start}, {Title: "two", At: start}})); len(stored) != 2 || titles(t, f) != "one, two" {
		t.Errorf("events %s", titles(t, f))
	}
}

// Somebody adds a note while a workbench records; neither waits for the other to leave, and both leave one file.
func TestAddBesideTheRecorder(t *testing.T) {
	f := create(t)
	addSeconds(t, f, 0, 1)
	other := must[*File](t)(OpenToAdd(f.Path()))
	must[Event](t)(other.AddEvent(Event{At: start, Title: "a note"}))
	addSeconds(t, f, 2)
	if err := other.Close(); err != nil {
		t.Error(err)
	}
	addSeconds(t, f, 3)
	if got := seconds(t, f, time.Time{}, time.Time{}) + ", " + titles(t, f); got != "0 1 2 3, a note" {
		t.Errorf("the file holds %s", got)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	late := must[*File](t)(OpenToAdd(f.Path()))
	must[Event](t)(late.AddEvent(Event{At: start, Title: "days later"}))
	if err := late.Close(); err != nil {
		t.Error(err)
	}
	if got := titles(t, reopen(t, f.Path())); got != "a note, days later" {
		t.Errorf("events %s", got)
	}
}

func TestUnordered(t *testing.T) {
	for _, c := range []struct {
		apart, a, b time.Duration
		want        bool
	}{
		{time.Minute, 0, 0, false},
		{0, 0, 0, false}, // the same instant, by the same clock: as they were recorded
		{time.Minute, 5 * time.Minute, 0, true},
		{7 * time.Minute, 5 * time.Minute, 3 * time.Minute, true},
		{9 * time.Minute, 5 * time.Minute, 3 * time.Minute, false},
	} {
		a, b := Event{At: start, Within: c.a}, Event{At: start.Add(c.apart), Within: c.b}
		if a.Unordered(b) != c.want || b.Unordered(a) != c.want {
			t.Errorf("%+v: %v, want %v", c, a.Unordered(b), c.want)
		}
	}
}
