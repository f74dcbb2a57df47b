package transaction

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/playbooks/session"
	"github.com/pgmedic/pgmedic/playbooks/session/prepared"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
)

const (
	mostOfGroup = 50 // sessions that one word ends
	mostAlone   = 3  // drafts of one session, and as many of one prepared transaction
)

// Draft implements playbooks.Playbook: ending all that are idle in a transaction for long, then each of the oldest alone. Running statements are
// cancelled, or their sessions ended; prepared transactions are rolled back.
func (playbook) Draft(ctx context.Context, ask *live.Asker, f playbooks.Finding) (*playbooks.Draft, error) {
	s := f.Seen.Sample
	l := found(s)
	c := scene{f, s, l}
	drafts := c.sessions()
	for _, x := range l.prepared[:min(len(l.prepared), mostAlone)] {
		d, err := prepared.Draft(ctx, ask, playbookName, f, x)
		var gone *playbooks.NoDraft
		switch {
		case errors.As(err, &gone):
			continue
		case err != nil:
			return nil, err
		}
		d.Reasons = append(d.Reasons, keepsRows(x.XidAge))
		drafts = append(drafts, d)
	}
	if len(drafts) == 0 {
		return nil, c.none()
	}
	c.warnOfOthers(drafts)
	drafts[0].Others = drafts[1:]
	return drafts[0], nil
}

// scene is what was found, and what it was found in.
type scene struct {
	finding playbooks.Finding
	sample  *probes.Sample
	long    long
}

// sessions drafts for sessions: the group first.
func (c scene) sessions() []*playbooks.Draft {
	var drafts []*playbooks.Draft
	group := c.spare(c.long.idle)
	if len(group) > 1 {
		drafts = append(drafts, c.group(group))
	}
	alone := slices.Concat(c.long.idle, c.long.active)
	if h := c.holder(); h != nil && !slices.ContainsFunc(alone, func(b probes.Backend) bool { return b.PID == h.PID }) {
		alone = append([]probes.Backend{*h}, alone...)
	}
	for _, b := range alone[:min(len(alone), mostAlone)] {
		if session.IsActive(b) {
			drafts = append(drafts, c.alone(live.CancelQuery, b))
		}
		drafts = append(drafts, c.alone(live.Terminate, b))
	}
	return drafts
}

// holder is the session that holds VACUUM back furthest, where that matters and it may be signalled; else nil.
func (c scene) holder() *probes.Backend {
	h := c.long.holder
	if h == nil || h.Kind != probes.XminSession {
		return nil
	}
	for _, b := range c.sample.Backends {
		if reason, _ := session.Barred(b); b.PID == h.PID && reason == "" && !b.XactStart.IsZero() {
			return &b
		}
	}
	return nil
}

// spare leaves out whom a group never takes, and cuts it to the cap: the oldest stay.
func (c scene) spare(sessions []probes.Backend) []probes.Backend {
	var group []probes.Backend
	for _, b := range sessions {
		if session.Spared(c.sample, b) == "" {
			group = append(group, b)
		}
	}
	return group[:min(len(group), mostOfGroup)]
}

// group drafts ending several sessions that are idle in a transaction.
func (c scene) group(group []probes.Backend) *playbooks.Draft {
	d := session.Draft(playbookName, c.finding, session.Order{Signal: live.Terminate, Sessions: group, Seen: c.finding.Seen})
	d.Title = fmt.Sprintf("terminate the %d sessions idle in transaction whose transactions are oldest", len(group))
	d.Kind = fmt.Sprintf("terminate %d", len(group))
	d.For = fmt.Sprintf("ends %d transactions whose clients send nothing, the oldest first", len(group))
	idle := len(c.long.idle)
	if left := idle - len(group); left > 0 {
		why := fmt.Sprintf("%d of %d: superusers and maintenance are never in a group, which is of %d at most", left, idle, mostOfGroup)
		d.Reasons = append(d.Reasons, playbooks.Reason{Part: "left out", Why: why})
	}
	wrote := 0
	for _, b := range group {
		if b.XidAge > 0 {
			wrote++
		}
	}
	d.Reasons = append(d.Reasons, c.holdsBack(group))
	d.Warnings = append(d.Warnings, fmt.Sprintf("%d of the %d have written, or locked what they were to write: that is rolled back", wrote, len(group)))
	return d
}

// alone drafts a signal to one session.
func (c scene) alone(signal live.Signal, b probes.Backend) *playbooks.Draft {
	d := session.Draft(playbookName, c.finding, session.Order{Signal: signal, Sessions: []probes.Backend{b}, Seen: c.finding.Seen})
	d.Title = fmt.Sprintf("%s %s", signal, short(b))
	d.Kind = fmt.Sprintf("%s pid %d", signal, b.PID)
	d.For = "ends a transaction of " + probes.Span(c.sample.At.Sub(b.XactStart))
	who := session.Describe(b, c.sample.At, c.finding.Seen.Text(b.QueryID))
	d.Reasons = append(d.Reasons, playbooks.Reason{Part: fmt.Sprintf("pid %d", b.PID), Why: who}, c.holdsBack([]probes.Backend{b}))
	if signal == live.CancelQuery {
		d.For = "fails 1 request that has run for " + probes.Span(c.sample.At.Sub(b.QueryStart)) + "; its client may send it again"
	}
	if b.XidAge > 0 {
		since := b.XactStart.UTC().Format("15:04:05 UTC")
		d.Warnings = append(d.Warnings, "it has written, or locked what it was to write: what it did since "+since+" is rolled back")
	}
	if b.Superuser {
		d.Warnings = append(d.Warnings, "its role is a superuser: the server refuses the signal to all but superusers")
	}
	if left := session.LeftBehind(c.sample, b.PID); left != "" {
		d.Warnings = append(d.Warnings, left)
	}
	return d
}
