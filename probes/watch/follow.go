package watch

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/record"
)

// Update is what Follow passes on for each tick of a source.
type Update struct {
	Tick       probes.Tick
	Assessment probes.Assessment // of the sample, where there is one
	Events     []record.Event    // as stored; events of dropped updates come with the next one
	RecordErr  error             // the record could not be written; sampling goes on
	Failed     error             // a panic, with its stack; this is the last update, and holds nothing else
}

// Recorder is what Follow writes to. *record.File is one.
type Recorder interface {
	AddSample(*probes.Sample, probes.Assessment) error
	AddEvent(record.Event) (record.Event, error)
}

// Follow reads a source until ctx ends: every sample goes to the watcher and the record (nil: no record), then on to the channel returned, which
// it closes at the end. A slow reader loses samples, never events or statements' texts, and never slows the record down.
//
// An event that could not be stored is shown all the same, and storing it is tried again with every tick. A panic, here or in the source, is handed
// to the reader, who may have to restore the terminal before it can be read.
func Follow(ctx context.Context, source probes.Source, rec Recorder) <-chan Update {
	return FollowFrom(ctx, source, rec, Past{})
}

// FollowFrom is Follow that goes on from what was recorded before. That is read while the source connects.
func FollowFrom(ctx context.Context, source probes.Source, rec Recorder, past Past) <-chan Update {
	updates := make(chan Update)
	f := &follower{watcher: NewWatcher(), rec: rec, past: past, remembered: make(chan *memory, 1)}
	go func() { f.remembered <- remember(past.Path) }()
	go f.run(ctx, source.Stream(ctx), updates)
	return updates
}

type follower struct {
	watcher *Watcher
	rec     Recorder
	unsaved []record.Event   // could not be stored yet
	texts   map[int64]string // brought by samples that the reader did not get

	past       Past
	remembered chan *memory // what was made of it, once

	identity  string // of the server seen last; empty before the first sample
	down      bool
	downState string          // SQLSTATE of the trouble told last
	trouble   *probes.Trouble // the newest while it is down
}

// run ends when the source's channel is closed, which the end of ctx brings about.
func (f *follower) run(ctx context.Context, ticks <-chan probes.Tick, updates chan<- Update) {
	defer close(updates)
	defer f.forget()
	fail := func(err error) { passLast(ctx, updates, Update{Failed: err}) }
	defer probes.OnPanic(fail)
	var waiting *Update // taken from the source, not yet by the reader
	for {
		var out chan<- Update
		var next Update
		if waiting != nil {
			out, next = updates, *waiting
		}
		select {
		case tick, ok := <-ticks:
			if !ok {
				passLast(ctx, out, next)
				return
			}
			if tick.Failed != nil {
				fail(tick.Failed)
				return
			}
			waiting = f.replace(waiting, f.take(tick))
		case out <- next:
			waiting = nil
			if next.Tick.Sample != nil {
				f.texts = nil
			}
		}
	}
}

// forget waits for what reads the past, where no sample came that wanted it.
func (f *follower) forget() {
	if f.remembered != nil {
		<-f.remembered
	}
}

// passLast hands over the last update, if there is one, as long as somebody may read it.
func passLast(ctx context.Context, out chan<- Update, last Update) {
	if out == nil {
		return
	}
	select {
	case out <- last:
	case <-ctx.Done():
	}
}

// take watches and records one tick.
func (f *follower) take(tick probes.Tick) Update {
	update := Update{Tick: tick}
	if tick.Trouble != nil {
		update.Events = f.connectionLost(tick.Trouble)
	} else {
		s := tick.Sample
		connected := f.connected(s)
		if f.remembered != nil {
			connected = append(f.recall(s, <-f.remembered), connected...)
			f.remembered = nil
		}
		var events []record.Event
		update.Assessment, events = f.watcher.Step(s)
		update.Events = append(connected, events...)
		if f.rec != nil {
			update.RecordErr = f.rec.AddSample(s, update.Assessment)
		}
	}
	if err := f.store(update.Events); err != nil {
		update.RecordErr = err
	}
	return update
}

// store records the events left over from before, then these, in whose places it puts what the record made of them.
func (f *follower) store(events []record.Event) error {
	if f.rec == nil {
		return nil
	}
	leftover := len(f.unsaved)
	f.unsaved = append(f.unsaved, events...)
	for i, e := range f.unsaved {
		stored, err := f.rec.AddEvent(e)
		f.unsaved[i] = stored
		if i >= leftover {
			events[i-leftover] = stored
		}
		if err != nil {
			f.unsaved = f.unsaved[i:]
			return err
		}
	}
	f.unsaved = nil
	return nil
}

// connected tells the first sample of a connection.
func (f *follower) connected(s *probes.Sample) []record.Event {
	first, again, trouble := f.identity == "", f.down, f.trouble
	f.identity, f.down, f.downState, f.trouble = record.Identity(s.Server), false, "", nil
	if !first && !again {
		return nil
	}
	name, title := record.EventConnected, "connected"
	if !first {
		name, title = record.EventReconnect, "connected again"
	}
	role := "primary"
	if s.Server.InRecovery {
		role = "standby"
	}
	title = fmt.Sprintf("%s to %s:%d/%s, PostgreSQL %s %s", title, s.Server.Host, s.Server.Port, s.Server.Database, s.Server.VersionText, role)
	data := map[string]string{"event": name, "offset_ms": milliseconds(s.Offset), "offset_within_ms": milliseconds(s.OffsetWithin)}
	if s.Offset.Abs() >= offsetTold {
		title += fmt.Sprintf("; its clock differs from this machine's by %s", span(s.Offset.Abs()))
	}
	if trouble != nil && !trouble.Since.IsZero() {
		took := trouble.At.Sub(trouble.Since)
		title += fmt.Sprintf(", after %s in %s", probes.Counted(trouble.Attempts, "attempt", "attempts"), span(took))
		data["attempts"], data["seconds"], data["sqlstate"] = strconv.Itoa(trouble.Attempts), exact(took.Seconds()), trouble.SQLState
	}
	return []record.Event{{
		Kind: record.System, At: s.At.UTC(), Basis: record.ServerClock, Source: source, Server: f.identity, Title: title, Data: data,
	}}
}

// offsetTold is the least difference of the clocks that is told: below it, nobody is misled.
const offsetTold = time.Second

// connectionLost tells the beginning of a trouble, and when its reason becomes another one.
func (f *follower) connectionLost(t *probes.Trouble) []record.Event {
	f.trouble = t
	if f.down && f.downState == t.SQLState {
		return nil
	}
	at := t.At
	if !f.down && !t.Since.IsZero() {
		at = t.Since
	}
	f.down, f.downState = true, t.SQLState
	server := f.identity
	if server == "" {
		server = t.Target
	}
	return []record.Event{{
		Kind: record.System, At: at.UTC(), Basis: record.LocalClock, Source: source, Server: server,
		Title: fmt.Sprintf("no connection to %s, while %s: %s", t.Target, t.Doing, t.Reason),
		Body:  t.Next,
		Data:  map[string]string{"event": record.EventLost, "sqlstate": t.SQLState, "attempts": strconv.Itoa(t.Attempts)},
	}}
}

// replace puts next in the place of an update that nobody took, if there is one, and keeps of it what must not be lost: its events and the
// texts that its sample brought.
func (f *follower) replace(dropped *Update, next Update) *Update {
	if dropped != nil {
		next.Events = append(dropped.Events, next.Events...)
	}
	if next.Tick.Sample != nil {
		next.Tick.Sample = f.withTexts(next.Tick.Sample)
	}
	return &next
}

// withTexts returns the sample with all texts that the reader does not have yet.
func (f *follower) withTexts(s *probes.Sample) *probes.Sample {
	if len(f.texts) == 0 {
		f.texts = s.Statements.Texts
		return s
	}
	texts := map[int64]string{}
	maps.Copy(texts, f.texts)
	maps.Copy(texts, s.Statements.Texts)
	f.texts = texts
	fuller := *s // a sample is never changed
	fuller.Statements.Texts = texts
	return &fuller
}
