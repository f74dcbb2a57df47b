package session

import (
	"context"
	"errors"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgerr"
)

// Shot is one signal to one session, and what became of it.
type Shot struct {
	Signal   live.Signal
	Session  probes.Backend     // as shown
	At       time.Time          // local clock, when it was sent
	Answered time.Time          // server clock; zero: it did not answer
	Lost     bool               // the reply was: it is not known whether it was sent
	State    playbooks.RowState // empty: it was sent, and Settle has not yet seen what it did
	Saw      string
}

// Fire signals one session and says what the server answered; whether it had an effect is Settle's to say. The error is for what ends the sending
// to others too: that a person stopped it, or a lost connection.
func Fire(send *playbooks.Sender, signal live.Signal, b probes.Backend) (Shot, error) {
	s := Shot{Signal: signal, Session: b, At: time.Now()}
	if signal == live.CancelQuery && !IsActive(b) {
		s.State, s.Saw = playbooks.RowRefused, "nothing was sent: it runs no statement, and would ignore a cancel; terminate ends it"
		return s, nil
	}
	answer, err := send.Signal(signal, b)
	if pgerr.State(err) == "42501" { // it is the server's answer to this one
		s.State, s.Saw = playbooks.RowRefused, "nothing was sent: "+live.NoRight
		return s, nil
	}
	if err != nil {
		s.spoil(err)
		return s, err
	}
	s.take(answer)
	return s, nil
}

// FireAll is Fire for calls to be cancelled, all sent in one go; there is a shot for each. Each must have been seen to run: the guard binds its state.
// Where the server refuses one of them, it has refused all behind that: then they are sent one by one.
func FireAll(send *playbooks.Sender, calls []probes.Backend) ([]Shot, error) {
	at := time.Now()
	answers, err := send.SignalAll(live.CancelQuery, calls)
	if pgerr.State(err) == "42501" {
		return fireEach(send, calls)
	}
	shots := make([]Shot, len(calls))
	for i, b := range calls {
		shots[i] = Shot{Signal: live.CancelQuery, Session: b, At: at}
		if err != nil {
			shots[i].spoil(err)
			continue
		}
		shots[i].take(answers[i])
	}
	return shots, err
}

// fireEach sends them one by one. What has changed since may have been struck by the statement that the server refused midway.
func fireEach(send *playbooks.Sender, calls []probes.Backend) (shots []Shot, err error) {
	for _, b := range calls {
		shot := Shot{Signal: live.CancelQuery, Session: b, State: playbooks.RowUnsent}
		if err == nil {
			shot, err = Fire(send, live.CancelQuery, b)
		}
		if shot.State == playbooks.RowChanged {
			shot.State, shot.Saw = playbooks.RowUnknown, "a cancel may have been sent before it changed: the server refused one of many in one statement (42501)"
		}
		shots = append(shots, shot)
	}
	return shots, err
}

// spoil notes that there was no answer.
func (s *Shot) spoil(err error) {
	switch {
	case errors.Is(err, live.ErrStopped):
		s.State = playbooks.RowUnsent
	case errors.Is(err, live.ErrNotSent):
		s.State, s.Saw = playbooks.RowUnsent, pgerr.Reason(err)
	default:
		s.Lost = true
	}
}

// take notes the answer.
func (s *Shot) take(answer live.Answer) {
	s.Answered = answer.At
	switch {
	case answer.Refused != "":
		s.State, s.Saw = playbooks.RowRefused, "nothing was sent: "+answer.Refused
	case !answer.Sent:
		s.State, s.Saw = playbooks.RowChanged, "nothing was sent: "+answer.Change
	}
}

// What a signal takes to have its effect: a statement looks for a cancel every now and then.
const (
	settlePatience = 5 * time.Second
	settleEvery    = 50 * time.Millisecond
)

// Settle waits until every session that was signalled has done what it was told, and notes it; what has not after 5 s goes on.
func Settle(ctx context.Context, ask *live.Asker, shots []Shot) error {
	for began := time.Now(); ; {
		open := openShots(shots)
		if len(open) == 0 {
			return nil
		}
		sessions := make([]probes.Backend, len(open))
		for i, s := range open {
			sessions[i] = s.Session
		}
		late := time.Since(began) >= settlePatience
		now, err := look(ctx, ask, sessions)
		if err != nil {
			return err
		}
		for _, s := range open {
			s.settle(now, late)
		}
		if late {
			continue // none is open now
		}
		select {
		case <-time.After(settleEvery):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func openShots(shots []Shot) []*Shot {
	var open []*Shot
	for i := range shots {
		if shots[i].State == "" {
			open = append(open, &shots[i])
		}
	}
	return open
}

// settle notes what the session does now.
func (s *Shot) settle(now seen, late bool) {
	b, here := now.sessions[s.Session.PID]
	hidden := here && b.BackendStart.IsZero()
	gone := !hidden && !b.BackendStart.Equal(s.Session.BackendStart)
	runs := IsActive(b) && b.QueryStart.Equal(s.Session.QueryStart)
	took := probes.Span(max(time.Since(s.At).Round(time.Millisecond), time.Millisecond))
	switch {
	case gone && s.Lost:
		s.State, s.Saw = playbooks.RowUnknown, "the reply was lost; the session is gone, by this or by what broke the connection"
	case gone && now.began.After(s.Answered):
		s.State, s.Saw = playbooks.RowUnknown,
			"the session is gone, by this or by what broke pgmedic's own connection since, such as a crash or a restart of the server"
	case gone:
		s.State, s.Saw = playbooks.RowActed, "the session has ended, seen after "+took
	case !s.Lost && !hidden && s.Signal == live.CancelQuery && !runs:
		s.State, s.Saw = playbooks.RowActed, "its statement has ended, seen after "+took
	case s.Lost && s.Signal == live.CancelQuery && !hidden && !runs:
		s.State, s.Saw = playbooks.RowUnknown, "the reply was lost; its statement has ended, by this or by itself"
	case !late:
	case s.Lost:
		s.State, s.Saw = playbooks.RowUnknown, "the reply was lost; the session is there and goes on"
	case hidden:
		s.State, s.Saw = playbooks.RowUnknown, "it was signalled; what it does now is not visible to this role"
	default:
		s.State, s.Saw = playbooks.RowNoEffect, "it was signalled and goes on after "+took
	}
}
