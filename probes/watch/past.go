package watch

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/record"
)

// Past is what was recorded of a server before: a rolling record. It gives the baseline from before the incident, and an incident that runs already its onset.
type Past struct {
	Path string // of the rolling record; empty, or a file that is not there: there is none
	// Keep is called once it is known that the record is of the server that answers, with the time from which on it is wanted; nil: nothing is to be done with it.
	Keep func(path string, since time.Time) error
}

// pastSpan is how much of a rolling record is looked at: the baseline's span, and an incident before it.
const pastSpan = BaselineSpan + 10*time.Minute

// memory is what was made of a rolling record.
type memory struct {
	watcher *Watcher
	events  []record.Event // of the incident that runs
	since   time.Time
	n       int // samples
	err     error
}

// remember looks at the newest part of a rolling record as if it were watched now. nil: there is none.
func remember(path string) *memory {
	if _, err := os.Stat(path); path == "" || errors.Is(err, os.ErrNotExist) {
		return nil
	}
	m := &memory{watcher: NewWatcher()}
	m.err = m.read(path)
	if m.n == 0 && m.err == nil {
		return nil
	}
	return m
}

func (m *memory) read(path string) (err error) {
	file, err := record.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	span, err := file.Span()
	if err != nil || span.Samples == 0 {
		return err
	}
	m.since = span.To.Add(-pastSpan)
	return file.SamplesBetween(m.since, span.To, func(s *probes.Sample, _ probes.Assessment) bool {
		m.n++
		_, events := m.watcher.Step(s)
		m.events = append(m.events, events...)
		return true
	})
}

// running is what was told of the incident that runs: nothing where none does.
func (m *memory) running() []record.Event {
	onset := m.watcher.incident.onset
	if !m.watcher.incident.running() {
		return nil
	}
	var events []record.Event
	for _, e := range m.events {
		if !e.At.Before(onset) {
			events = append(events, e)
		}
	}
	return events
}

// recall goes on from what was recorded before, where that was of the server that answers now. It returns what belongs onto the timeline.
func (f *follower) recall(s *probes.Sample, memory *memory) []record.Event {
	if memory == nil {
		return nil
	}
	tell := func(title, about string) record.Event {
		return record.Event{Kind: record.System, At: s.At.UTC(), Basis: record.ServerClock, Source: source, Server: record.Identity(s.Server), Title: title,
			Data: map[string]string{"event": record.EventPast, "samples": fmt.Sprint(memory.n), "reason": about}}
	}
	if memory.err != nil {
		return []record.Event{tell("no baseline from before: the rolling record could not be read: "+memory.err.Error(), "unreadable")}
	}
	if before := memory.watcher.server; isOther(before, s.Server) && before.SystemIdentifier != s.Server.SystemIdentifier {
		return []record.Event{tell("no baseline from before: the rolling record is of another server, system identifier "+before.SystemIdentifier, "another server")}
	}
	events := memory.running()
	ago := max(s.At.Sub(memory.watcher.clock.last), 0)
	events = append(events, tell(fmt.Sprintf("the rolling record knows what was before: %d samples, the last %s ago", memory.n, span(ago)), ""))
	f.watcher = memory.watcher
	f.watcher.resume()
	if f.past.Keep != nil {
		if err := f.past.Keep(f.past.Path, memory.since); err != nil {
			events = append(events, tell("the incident file does not hold what was before: "+err.Error(), "not copied"))
		}
	}
	return events
}

// resume goes on with samples of another recorder: the time between them is no gap of this one's.
func (w *Watcher) resume() {
	w.clock.last, w.clock.spacing = time.Time{}, 0
	w.incident.recent, w.incident.calming = nil, nil
}
