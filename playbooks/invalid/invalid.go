// Package invalid is the playbook of what index builds and drops have left behind: those that still run, INVALID indexes, and intents on record whose
// end is not. How such a thing is dropped, built anew or read back is package apply's to know, which made it.
package invalid

import (
	"context"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
)

// playbookName is the playbook's name in findings. What is put on record of an index has the name of the playbook that made it, index, as in older
// records.
const playbookName = "invalid"

type playbook struct{}

// New returns the playbook.
func New() playbooks.Playbook { return playbook{} }

// Name implements playbooks.Playbook.
func (playbook) Name() string { return playbookName }

// Diagnose implements playbooks.Playbook: samples do not show what is left behind, Leftovers looks for it.
func (playbook) Diagnose(*probes.Window) []playbooks.Finding { return nil }

// Draft implements playbooks.Playbook: a leftover brings its draft along.
func (playbook) Draft(_ context.Context, _ *live.Asker, f playbooks.Finding) (*playbooks.Draft, error) {
	if f.Leftover == nil || f.Leftover.Draft == nil || f.Leftover.Running != nil {
		return nil, &playbooks.NoDraft{Reason: "nothing of it is left to clean up"}
	}
	return f.Leftover.Draft, nil
}
