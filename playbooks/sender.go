package playbooks

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/record"
)

// Sender is what a confirmed run of Acting work sends with. The run's own intent is durable before it is handed over.
type Sender struct {
	run *Run
	act *live.ActSession // the one of the intent; it is never another
	ctx context.Context  // ends when a person stops the run

	mutex    sync.Mutex
	end      context.CancelFunc
	progress Progress
}

func newSender(r *Run, act *live.ActSession) *Sender {
	s := &Sender{run: r, act: act}
	s.ctx, s.end = context.WithCancel(context.Background())
	return s
}

// Signal signals a session if it still is what was shown; see live.ActSession. What is being sent when a person stops the run is sent to its end.
// An error that is live.ErrStopped or live.ErrNotSent says that nothing was sent, and nothing will be.
func (s *Sender) Signal(signal live.Signal, shown probes.Backend) (live.Answer, error) {
	if s.ctx.Err() != nil {
		return live.Answer{}, live.ErrStopped
	}
	return s.act.Signal(signal, shown)
}

// SignalAll is Signal for many in one go; see live.ActSession.SignalAll.
func (s *Sender) SignalAll(signal live.Signal, shown []probes.Backend) ([]live.Answer, error) {
	if s.ctx.Err() != nil {
		return nil, live.ErrStopped
	}
	return s.act.SignalAll(signal, shown)
}

// Glance reads with one round trip over the session that sends; see live.ActSession.Glance.
func (s *Sender) Glance(ctx context.Context, read func(pgx.Rows) error, sql string, args ...any) error {
	return s.act.Glance(ctx, read, sql, args...)
}

// Exec sends one short statement alone. Its errors are as those of Signal.
func (s *Sender) Exec(sql string) error {
	if s.ctx.Err() != nil {
		return live.ErrStopped
	}
	return s.act.Exec(sql)
}

// Ask is the reading door, to look again before and after sending.
func (s *Sender) Ask() *live.Asker { return s.run.engine.server.Ask() }

// Report says how far it is.
func (s *Sender) Report(p Progress) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.progress = p
}

func (s *Sender) reported() Progress {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.progress
}

// Intend makes durable what one shot of a repetition is about to do: nothing may be sent before it returns. data is of the shot, besides what all
// events of a run hold.
func (s *Sender) Intend(title, body string, data map[string]string) (id string, err error) {
	e := s.event("applying: "+title, StateIntent, body, data)
	stored, err := s.run.engine.rec.AddEvent(e)
	if err != nil {
		return "", fmt.Errorf("nothing was sent, because the intent could not be saved (%w): see to the incident file's disk", err)
	}
	return stored.ID, nil
}

// Outcome puts on record what became of the shot with that intent.
func (s *Sender) Outcome(intent, title string, rows []Row, data map[string]string) error {
	e := s.event(title, string(Applied), rowLines(rows), data)
	e.Data["intent"] = intent
	addRows(e.Data, rows)
	_, err := s.run.engine.rec.AddEvent(e)
	return err
}

// event is one of a shot: Data["run"] is the id of the run's own intent.
func (s *Sender) event(title, state, body string, data map[string]string) record.Event {
	r := s.run
	e := r.event(title, state, r.server.At.Add(r.elapsed()))
	e.Body, e.Data["run"] = body, r.intentID
	for name, value := range data {
		setIfAny(e.Data, name, value)
	}
	return e
}

// stop keeps the run from sending anything more. That a person wished it is put on record where that can be; it stops in any case.
func (s *Sender) stop() error {
	s.run.wanted.Store(true)
	s.end()
	if s.run.engine.rec == nil {
		return nil
	}
	if _, err := s.run.engine.rec.AddEvent(s.run.cancelIntent()); err != nil {
		return errors.Join(errors.New("it stops, which could not be put on record"), err)
	}
	return nil
}
