package room

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/playbooks/session"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgerr"
)

// volley is what is cancelled after one look: one intent, one outcome.
type volley struct {
	intent, title string
	shots         []session.Shot
	names         []playbooks.Row
}

// fire cancels calls, the oldest first, once the intent is durable.
func (h *hold) fire(send *playbooks.Sender, picked []call) error {
	if len(picked) == 0 {
		return nil
	}
	v := &volley{title: fmt.Sprintf("cancel %s older than %s (%s)", calls(len(picked)), short(h.bounds.older), h.target.statement)}
	var order []probes.Backend
	var lines []string
	for _, c := range picked {
		order = append(order, c.Backend)
		row := playbooks.Row{Name: "pid " + strconv.Itoa(int(c.PID)), What: "a call that runs for " + probes.Span(c.age), State: playbooks.RowUnsent}
		v.names = append(v.names, row)
		lines = append(lines, row.Name+" ("+row.What+")")
	}
	var err error
	if v.intent, err = send.Intend(v.title, strings.Join(lines, "\n"), guards(order)); err != nil {
		return err
	}
	h.volleys = append(h.volleys, v)
	v.shots, err = session.FireAll(send, order)
	if answered(err) {
		v.unknown(pgerr.Reason(err))
		err = nil
	}
	for _, shot := range v.shots {
		switch shot.State {
		case "", playbooks.RowUnknown:
			h.sent = append(h.sent, shot.At)
		case playbooks.RowRefused:
			h.sent = append(h.sent, shot.At)
			h.refused[shot.Session.PID] = shot.Session.BackendStart
		}
	}
	return err
}

// answered says whether an error is the server's, over a connection that is whole: the next volley may fare better.
func answered(err error) bool {
	state := pgerr.State(err)
	return state != "" && !strings.HasPrefix(state, "08") && !strings.HasPrefix(state, "57P") && !errors.Is(err, live.ErrNotSent)
}

// unknown notes that the server gave up the statement that signals: some of the sessions may have been signalled.
func (v *volley) unknown(why string) {
	for i := range v.shots {
		if s := &v.shots[i]; s.State == "" {
			s.State, s.Saw = playbooks.RowUnknown, "whether it was sent is not known: "+why
		}
	}
}

// guards is Data of a volley's intent: the signal, and of each call the parameters that guard it.
func guards(order []probes.Backend) map[string]string {
	return session.Draft(playbookName, playbooks.Finding{}, session.Order{Signal: live.CancelQuery, Sessions: order, Seen: &playbooks.Seen{Sample: &probes.Sample{}}}).Target
}

// readBack notes what became of the shots that are open, and puts the volleys on record of which none is.
func (h *hold) readBack(now map[int32]probes.Backend, send *playbooks.Sender, at time.Time) error {
	var open []*volley
	var failed error
	for _, v := range h.volleys {
		if v.readBack(now, at) {
			open = append(open, v)
			continue
		}
		failed = errors.Join(failed, h.keep(v, send))
	}
	h.volleys = open
	return failed
}

// readBack says whether a shot of the volley is still open.
func (v *volley) readBack(now map[int32]probes.Backend, at time.Time) (open bool) {
	for i := range v.shots {
		s := &v.shots[i]
		if s.State == "" {
			b, here := now[s.Session.PID]
			readBack(s, b, here, at)
			open = open || s.State == ""
		}
	}
	return open
}

// readBack notes what the session does now, if it is still here.
func readBack(s *session.Shot, b probes.Backend, here bool, at time.Time) {
	took := probes.Span(max(at.Sub(s.At), time.Millisecond))
	switch {
	case here && (b.BackendStart.IsZero() || b.State == ""):
		s.State, s.Saw = playbooks.RowUnknown, "what it does is not visible to this role any more"
	case !b.BackendStart.Equal(s.Session.BackendStart):
		s.State, s.Saw = playbooks.RowActed, "the session has ended, seen after "+took
	case !session.IsActive(b) || !b.QueryStart.Equal(s.Session.QueryStart):
		s.State, s.Saw = playbooks.RowActed, "its statement has ended, seen after "+took
	case at.Sub(s.At) >= settleFor:
		s.State, s.Saw = playbooks.RowNoEffect, "it was signalled and goes on after "+took
	}
}

// keep counts a volley, and puts its outcome on record.
func (h *hold) keep(v *volley, send *playbooks.Sender) error {
	for i, s := range v.shots {
		v.names[i].State, v.names[i].Saw = s.State, s.Saw
	}
	for i, state := range playbooks.RowStates {
		h.rows[i] += playbooks.CountRows(v.names, state)
	}
	err := send.Outcome(v.intent, playbooks.Tally(v.names)+": "+v.title, v.names, map[string]string{"signal": string(live.CancelQuery)})
	if err != nil {
		return fmt.Errorf("the hold ends, because what became of its calls could not be recorded (%w): see to the incident file's disk", err)
	}
	return nil
}

// readBackLast waits for what is open when the hold has ended.
func (h *hold) readBackLast(send *playbooks.Sender) error {
	ctx, cancel := context.WithTimeout(context.Background(), settleFor+lookLimit)
	defer cancel()
	var failed error
	for _, v := range h.volleys {
		if err := session.Settle(ctx, send.Ask(), v.shots); err != nil {
			for i := range v.shots {
				if v.shots[i].State == "" {
					v.shots[i].State, v.shots[i].Saw = playbooks.RowUnknown, "it could not be read back"
				}
			}
		}
		failed = errors.Join(failed, h.keep(v, send))
	}
	h.volleys = nil
	return failed
}
