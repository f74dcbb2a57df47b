package record

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// earlierFiles is how many incident files are looked into for what was done earlier, the newest first.
const earlierFiles = 200

// Earlier returns what was done on record of earlier incidents, oldest first: the events of Kind Acted in the folder's newest files that were begun since then, but for
// those of the file at path. A file that cannot be read is left out: it says nothing of what is to be known.
func Earlier(folder, path string, since time.Time) []Event {
	entries, _ := os.ReadDir(folder) // sorted by name, which begins with the time
	entries = slices.DeleteFunc(entries, func(e os.DirEntry) bool {
		return !strings.HasSuffix(e.Name(), Extension) || e.Name() == filepath.Base(path) || e.Name() < since.UTC().Format("2006-01-02T150405Z")
	})
	var events []Event
	for _, e := range entries[max(len(entries)-earlierFiles, 0):] {
		events = append(events, actedIn(filepath.Join(folder, e.Name()))...)
	}
	return events
}

// actedIn reads what was done from one file.
func actedIn(path string) []Event {
	f, err := Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	events, err := f.Events()
	if err != nil {
		return nil
	}
	return slices.DeleteFunc(events, func(e Event) bool { return e.Kind != Acted })
}
