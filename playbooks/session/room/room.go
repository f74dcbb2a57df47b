// Package room is the playbook that makes room on a server whose connection slots are nearly all taken: it says who holds them and what ending each group frees and
// costs, drafts the gentlest action that helps, and holds the line: a bounded repetition that cancels the calls of one statement that are older than a bound, so that
// some slots stay free while the cause is treated.
package room

import (
	"embed"
	"fmt"
	"sync/atomic"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/sqlfile"
	"github.com/pgmedic/pgmedic/probes/watch"
)

//go:embed sql/*.sql
var sqlFiles embed.FS

func query(name string) string { return sqlfile.Text(sqlFiles, name) }

// playbookName is the playbook's name in findings, drafts and the record.
const playbookName = "room"

// action is what pressing a finding's key does, and what starting it by hand does.
const action = "make room"

type playbook struct {
	holding *atomic.Bool // a hold of this pgmedic runs: never two at once
}

// New returns the playbook.
func New() playbooks.Playbook { return playbook{new(atomic.Bool)} }

// Name implements playbooks.Playbook.
func (playbook) Name() string { return playbookName }

// Offer implements playbooks.ByHand.
func (playbook) Offer() string { return action }

// Diagnose implements playbooks.Playbook: a ceiling that is near.
func (playbook) Diagnose(w *probes.Window) []playbooks.Finding {
	last := w.Last()
	if last == nil {
		return nil
	}
	limit := last.Ceiling.Tighter(last)
	if !limit.AtLeast(watch.AlarmPercent) {
		return nil
	}
	f := playbooks.Finding{Playbook: playbookName, Action: action, Severity: playbooks.Warning, Title: slotsTitle(limit), Seen: playbooks.See(w)}
	if limit.AtLeast(watch.FullPercent) {
		f.Severity = playbooks.Critical
	}
	return []playbooks.Finding{f}
}

// ByHand implements playbooks.ByHand. The statement chosen is the one that is cancelled, or held back.
func (playbook) ByHand(w *probes.Window, chosen probes.StatementLoad) (f playbooks.Finding, why string) {
	seen := playbooks.See(w)
	if seen == nil {
		return f, "nothing was seen of the server yet"
	}
	limit := seen.Sample.Ceiling.Tighter(seen.Sample)
	if limit.Slots == 0 {
		return f, "how many slots the server has is not known yet"
	}
	return playbooks.Finding{Playbook: playbookName, Action: action, Severity: playbooks.Note, Title: slotsTitle(limit), Statement: chosen, Seen: seen}, ""
}

// slotsTitle says who has the slots; ours are among those taken.
func slotsTitle(limit probes.Limit) string {
	slots := "slots"
	if limit.Left() == 1 {
		slots = "slot"
	}
	left := fmt.Sprintf("%d %s left", limit.Left(), slots)
	taken := fmt.Sprintf("%d application + %d pgmedic of %d", limit.Application(), limit.Ours, limit.Slots)
	switch limit.Bound {
	case probes.BoundDatabase:
		return fmt.Sprintf("%s in this database (%s, its own limit)", left, taken)
	case probes.BoundRole:
		return fmt.Sprintf("%s for role %s (%s, its own limit)", left, limit.Role, taken)
	}
	return fmt.Sprintf("%s (%s)", left, taken)
}
