package record

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// What was done is read from earlier files, also from one whose writer was killed; not from this one, from old ones, or from what is no incident file.
func TestEarlier(t *testing.T) {
	folder, now := t.TempDir(), time.Date(2026, 3, 10, 16, 0, 0, 0, time.UTC)
	write := func(age time.Duration, title string) string {
		t.Helper()
		f, err := Create(folder, "orders", now.Add(-age))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		for _, kind := range []Kind{Acted, Said} {
			if _, err := f.AddEvent(Event{Kind: kind, At: now, Basis: ServerClock, Source: "engine", Title: title}); err != nil {
				t.Fatal(err)
			}
		}
		return f.Path()
	}
	write(10*24*time.Hour, "old")
	write(time.Hour, "second")
	write(2*time.Hour, "first")
	own := write(0, "own")
	if err := os.WriteFile(filepath.Join(folder, "2026-03-10T155900Z-foreign.pgmedic"), []byte("no database"), 0o600); err != nil {
		t.Fatal(err)
	}
	var titles []string
	for _, e := range Earlier(folder, own, now.Add(-7*24*time.Hour)) {
		titles = append(titles, string(e.Kind)+" "+e.Title)
	}
	if len(titles) != 2 || titles[0] != "acted first" || titles[1] != "acted second" {
		t.Errorf("read %q", titles)
	}
	if found := Earlier(filepath.Join(folder, "none"), own, now); found != nil {
		t.Errorf("found %v where there is no folder", found)
	}
}
