package record

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes"
)

// responder is a person's file with samples of those seconds and a note.
func responder(t *testing.T, name string, at ...int) *File {
	t.Helper()
	f := must[*File](t)(Create(filepath.Join(t.TempDir(), name), "orders", start))
	addSeconds(t, f, at...)
	must[Event](t)(f.AddEvent(Event{At: start, Author: name, Title: name + " was here", Server: Identity(sampleAt(0).Server)}))
	must[Fact](t)(f.AddFact(Fact{Kind: "of " + name, Value: 1, Status: Measured}))
	must[string](t)(f.AddPlan(secretPlan()))
	return f
}

// Two responders' files become one that holds what both hold, once; merging again adds nothing, and the files stay as they were.
func TestMerge(t *testing.T) {
	anna, ben := responder(t, "anna", 0, 1, 2), responder(t, "ben", 2, 3, 4)
	note := must[Event](t)(anna.AddEvent(Event{At: start.Add(time.Second), Title: "wrong"}))
	must[Event](t)(anna.AddEvent(Event{At: start.Add(time.Second), Title: "right", Supersedes: note.ID}))
	if err := anna.SetZone("Europe/Vienna"); err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	both, again := filepath.Join(folder, "both"+Extension), filepath.Join(folder, "again"+Extension)
	added := must[[]Merged](t)(Merge(both, anna.Path(), ben.Path())) // both still record
	if len(added) != 2 || added[0] != (Merged{anna.Path(), 3, 3, 1, 1}) || added[1] != (Merged{ben.Path(), 3, 1, 1, 1}) {
		t.Errorf("added %+v", added)
	}
	twice := must[[]Merged](t)(Merge(again, both, anna.Path(), ben.Path(), both))
	for _, m := range twice[1:] {
		if m.Samples+m.Events+m.Plans+m.Facts > 0 {
			t.Errorf("merged again, %+v was added", m)
		}
	}
	for _, path := range []string{both, again} {
		f := reopen(t, path)
		if got := seconds(t, f, time.Time{}, time.Time{}) + ", " + titles(t, f); got != "0 1 2 3 4, anna was here, ben was here, right" {
			t.Errorf("%s holds %s", filepath.Base(path), got)
		}
		if zone := must[string](t)(f.ZoneName()); zone != "Europe/Vienna" {
			t.Errorf("zone %q", zone)
		}
		if n := len(must[[]StoredPlan](t)(f.Plans())); n != 2 {
			t.Errorf("%d plans", n)
		}
	}
}

func TestMergeRefuses(t *testing.T) {
	anna := responder(t, "anna", 0)
	elsewhere := must[*File](t)(Create(t.TempDir(), "orders", start))
	other := sampleAt(1)
	other.Server.SystemIdentifier = "74"
	if err := elsewhere.AddSample(other, probes.Assessment{}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "both"+Extension)
	if _, err := Merge(path, anna.Path(), elsewhere.Path()); err == nil || !strings.Contains(err.Error(), "another cluster") {
		t.Errorf("two clusters: %v", err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("a file was begun")
	}
	if _, err := Merge(anna.Path(), anna.Path()); err == nil || !strings.Contains(err.Error(), "nothing is overwritten") {
		t.Errorf("onto itself: %v", err)
	}
	if _, err := Merge(path, anna.Path(), "no such file"); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("a missing file: %v", err)
	}
}
