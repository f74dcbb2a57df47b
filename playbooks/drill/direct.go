package drill

import (
	"context"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/probes/watch"
)

// Direct plays the incident while updates pass through it: it begins when the record has a baseline and ready is closed. What the application's
// clients see, and what Direct itself does, goes into the record and along with the updates. The channel returned closes after updates does, or after
// a panic, which is the last update.
func (d *Drill) Direct(ctx context.Context, updates <-chan watch.Update, rec watch.Recorder, ready <-chan struct{}) <-chan watch.Update {
	out := make(chan watch.Update)
	go func() {
		defer close(out)
		pass := func(u watch.Update) {
			select {
			case out <- u:
			case <-ctx.Done(): // nobody reads any more; updates ends soon
			}
		}
		defer probes.OnPanic(func(err error) { pass(watch.Update{Failed: err}) })
		director := director{drill: d, rec: rec, ready: ready}
		for u := range updates {
			director.react(&u)
			pass(u)
		}
	}()
	return out
}

// director lets the scenario take its course.
type director struct {
	drill *Drill
	rec   watch.Recorder
	ready <-chan struct{}
}

func (d *director) react(u *watch.Update) {
	for _, e := range d.drill.Errors() {
		d.keep(u, e)
	}
	d.drill.plot.react(d, u)
}

// mayBegin says whether things may go wrong: there is a baseline, and nobody asked to wait.
func (d *director) mayBegin(u *watch.Update) bool {
	return u.Assessment.Baseline.Known() && isClosed(d.ready)
}

// arrivalsEvent is the event of a change of load.
func arrivalsEvent(at time.Time, title string) record.Event {
	return record.Event{Kind: record.Imported, At: at, Basis: record.ServerClock, Source: "drill", Title: title}
}

// keep stores an event and passes it on with the update. An event that could not be stored is passed on all the same.
func (d *director) keep(u *watch.Update, e record.Event) {
	if d.rec != nil {
		stored, err := d.rec.AddEvent(e)
		if err != nil {
			u.RecordErr = err
		} else {
			e = stored
		}
	}
	u.Events = append(u.Events, e)
}

func isClosed(ready <-chan struct{}) bool {
	select {
	case <-ready:
		return true
	default:
		return false
	}
}

// CalmRate is the number of reports that are asked for a second while the load is calm.
func (d *Drill) CalmRate() float64 { return d.arrivals.calm }

// Lookup is the application's lookup, as it sends it.
func (d *Drill) Lookup() string { return dedupSQL }
