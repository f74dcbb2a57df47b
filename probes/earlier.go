package probes

import (
	"maps"
	"slices"
	"time"
)

// Earlier is what a window knows of the time before its first sample, so that a replay can begin anywhere and show what was shown.
type Earlier struct {
	Counts []Counts         // oldest first
	Texts  map[int64]string // of the statements, by query id
	Read   Read
}

// Read is what each probe read last over a connection. The zero Read is nothing.
type Read struct{ newest newest }

// Read returns what each probe read last, as of the newest sample.
func (w *Window) Read() Read {
	n := w.newest
	n.costs, n.readAt = slices.Clone(n.costs), maps.Clone(n.readAt)
	return Read{n}
}

// NewWindowAfter is NewWindow with what was known before its first sample, which the caller adds before the window is looked at.
func NewWindowAfter(e Earlier, keep time.Duration) *Window {
	w := NewWindow(keep)
	w.counts = append(w.counts, e.Counts[max(len(e.Counts)-countsKept, 0):]...)
	for id, text := range e.Texts {
		w.texts.Put(id, text)
	}
	w.newest = e.Read.newest
	w.newest.costs, w.newest.readAt = slices.Clone(w.newest.costs), maps.Clone(w.newest.readAt)
	return w
}
