package record

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A folder's files are listed newest first; a foreign one with its reason, and other files not at all.
func TestList(t *testing.T) {
	folder := t.TempDir()
	older := must[*File](t)(Create(folder, "orders", start))
	addSeconds(t, older, 0, 1, 2)
	must[Event](t)(older.AddEvent(Event{Kind: Mark, At: start, Title: "onset", Data: map[string]string{"mark": MarkOnset}}))
	must[*File](t)(Create(folder, "shop", start.Add(time.Hour)))
	if err := os.WriteFile(filepath.Join(folder, "z"+Extension), []byte("not an incident file, but long enough to look like one"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "notes.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	all := must[[]Listed](t)(List(folder))
	if len(all) != 3 || all[0].Err == nil || all[1].Err != nil || !strings.HasSuffix(all[1].Path, "-shop"+Extension) || all[1].Span != (Span{}) {
		t.Fatalf("listed %+v", all)
	}
	got := all[2]
	want := Span{From: start, To: start.Add(2 * time.Second), Samples: 3, Peak: sampleAt(0).Counts().Total}
	if got.Err != nil || got.Path != older.Path() || got.Size == 0 || got.Span != want || len(got.Onsets) != 1 || !got.Onsets[0].Equal(start) || got.Events != 1 {
		t.Errorf("listed %+v; want %+v", got, want)
	}
	if none, err := List(filepath.Join(folder, "missing")); err != nil || len(none) != 0 {
		t.Errorf("a folder that does not exist holds %v, %v", none, err)
	}
}

// The copy to send is one file that holds everything, also of a record that is still written; nothing is overwritten.
func TestExport(t *testing.T) {
	f := must[*File](t)(Create(t.TempDir(), "orders", start))
	addSeconds(t, f, 0, 1, 2)
	must[Event](t)(f.AddEvent(Event{At: start, Title: "a note"}))
	folder := t.TempDir()
	to := filepath.Join(folder, "copy"+Extension)
	if err := Export(f.Path(), to); err != nil {
		t.Fatal(err)
	}
	if files := must[[]os.DirEntry](t)(os.ReadDir(folder)); len(files) != 1 {
		t.Errorf("beside the copy stand %v", files)
	}
	if info := must[os.FileInfo](t)(os.Stat(to)); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	copied := reopen(t, to)
	if got := seconds(t, copied, time.Time{}, time.Time{}) + ", " + titles(t, copied); got != "0 1 2, a note" {
		t.Errorf("the copy holds %s", got)
	}
	if err := Export(f.Path(), to); err == nil || !strings.Contains(err.Error(), "nothing is overwritten") {
		t.Errorf("a second copy: %v", err)
	}
	if err := Export(filepath.Join(folder, "missing"), filepath.Join(folder, "other")); err == nil {
		t.Error("a copy of nothing was made")
	}
	if _, err := os.Stat(filepath.Join(folder, "other")); err == nil {
		t.Error("it left an empty file")
	}
}
