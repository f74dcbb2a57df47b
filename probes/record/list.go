package record

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const selectSpan = `SELECT coalesce(min(at), ''), coalesce(max(at), ''), count(*), coalesce(max(clients), 0) FROM sample`

// Span is what a file's samples cover.
type Span struct {
	From, To time.Time // server time, UTC; zero without samples
	Samples  int64
	Peak     int // the most client connections, pgmedic's own not counted
}

// Span returns what the samples cover. It reads none of them: it takes a few milliseconds.
func (f *File) Span() (s Span, err error) {
	err = f.db.QueryRow(selectSpan).Scan(column{&s.From}, column{&s.To}, &s.Samples, &s.Peak)
	if err != nil {
		return Span{}, fmt.Errorf("reading what %s covers: %w", f.path, err)
	}
	return s, nil
}

// Listed is one incident file of a folder.
type Listed struct {
	Path   string
	Size   int64 // bytes, without a -wal beside it
	Span   Span
	Onsets []time.Time
	Events int   // as the timeline stands now
	Err    error // why it could not be read; then there is nothing but the path and the size
}

// List returns the incident files of a folder, the newest name first; one that does not exist holds none.
func List(folder string) ([]Listed, error) {
	entries, err := os.ReadDir(folder) // sorted by name, which begins with the time
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("looking for incident files: %w", err)
	}
	var all []Listed
	for _, e := range slices.Backward(entries) {
		if !strings.HasSuffix(e.Name(), Extension) || e.IsDir() {
			continue
		}
		l := Listed{Path: filepath.Join(folder, e.Name())}
		if info, err := e.Info(); err == nil {
			l.Size = info.Size()
		}
		l.Err = l.look()
		all = append(all, l)
	}
	return all, nil
}

func (l *Listed) look() (err error) {
	f, err := Open(l.Path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if l.Span, err = f.Span(); err != nil {
		return err
	}
	events, err := f.Events()
	l.Events = len(events)
	for _, e := range events {
		if e.Kind == Mark && e.Data["mark"] == MarkOnset {
			l.Onsets = append(l.Onsets, e.At)
		}
	}
	return err
}
