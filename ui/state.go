package ui

import (
	"context"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/ui/panes"
)

// stage is how far a treatment is.
type stage int

const (
	drafting  stage = iota
	adjusting       // the chosen draft is made anew with what was typed
	preparing       // the preflight runs
	ready           // waits for the typed word
	starting        // the word was typed; the engine decides
	applying
	finished
	refused // nothing to apply, or it cannot be applied
)

// treatment is one run of a playbook, from the finding to the outcome.
type treatment struct {
	steps     panes.Steps // its page
	from      page        // where esc goes
	left      bool        // it has ended, and the person has left its page since
	book      playbooks.Playbook
	look      looker // looks again, to draft anew; nil: it is drafted but once
	request   int
	stage     stage
	title     string
	statement probes.StatementKey // that it treats
	drafts    []*playbooks.Draft  // of one finding, the best first
	draft     *playbooks.Draft    // the chosen one; nil: there is none yet
	prepared  *playbooks.Prepared
	asked     bool      // ⏎ came before the preflight was done: the word is asked for as soon as it is
	confirmed time.Time // when the word was typed, by the server's clock
	run       *playbooks.Run
	progress  playbooks.RunProgress
	outcome   playbooks.Outcome
	cancel    context.CancelFunc // of the draft or the preflight that runs
	found     *playbooks.Running // it was begun elsewhere, and is followed from here; nil: it was not
	before    *treatment         // whose page comes back when this one is dropped or put aside; nil: none
	unseen    bool               // it ended aside, and its page was not looked at since
}

// underWay says whether something was confirmed that has not ended yet.
func (t *treatment) underWay() bool {
	return t != nil && (t.stage == starting || t.stage == applying) && !t.looksOn()
}

// looksOn says whether it is a change of somebody else's, which may be left at any time.
func (t *treatment) looksOn() bool { return t.found != nil && !t.found.Ours }

// undo returns the draft that takes the treatment back, or where there is nothing to apply the one before it; nil where there is none.
func (t *treatment) undo() *playbooks.Draft {
	switch {
	case t == nil:
		return nil
	case t.stage == refused:
		return t.before.undo()
	case t.stage == finished:
		return t.outcome.Verification.Undo
	}
	return nil
}

// can says what the source allows now.
func (a *App) can() probes.Abilities { return a.deps.Source.Can() }

// target names the server before its first sample has come.
func (a *App) target() string {
	if named, ok := a.deps.Source.(interface{ Target() string }); ok {
		return named.Target()
	}
	return "the server"
}

// serverNow is the server's clock as far as it is known: the local one and the difference at the last sample.
// In a replay it is the position.
func (a *App) serverNow() time.Time {
	if a.isReplay() && !a.replay.At.IsZero() {
		return a.replay.At
	}
	return a.now.Add(a.offset).UTC()
}

func (a *App) timeBasis() record.Basis {
	switch {
	case a.isReplay() && !a.replay.At.IsZero():
		return record.Recollected
	case a.isReplay():
		return record.LocalClock
	}
	if a.window.Last() == nil {
		return record.LocalClock
	}
	return record.ServerClock
}

// book returns the playbook of that name, nil where there is none.
func (a *App) book(name string) playbooks.Playbook {
	for _, b := range a.deps.Books {
		if b.Name() == name {
			return b
		}
	}
	return nil
}
