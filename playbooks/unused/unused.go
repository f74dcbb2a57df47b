// Package unused is the playbook of indexes that cost writes and room and that nothing needs: those that no statement has used for long, and those
// that another index of the table can stand in for. It drafts their removal and the way back, with all that speaks against it, and never sends it:
// what a server counts of an index's use is not all that is known of it, and nobody needs an index gone during an incident.
package unused

import (
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
)

// playbookName is the playbook's name in findings, drafts and the record.
const playbookName = "unused"

// enough is how long scans must have been counted for an index without any to be called unused: what runs once a week has run by then.
const enough = 7 * 24 * time.Hour

// playbook drafts for indexes whose scans were counted for long enough.
type playbook struct{ enough time.Duration }

// New returns the playbook.
func New() playbooks.Playbook { return playbook{enough} }

// Name implements playbooks.Playbook.
func (playbook) Name() string { return playbookName }

// Diagnose implements playbooks.Playbook: such an index is no symptom of an incident. A person asks for them.
func (playbook) Diagnose(*probes.Window) []playbooks.Finding { return nil }

// Offer implements playbooks.ByHand.
func (playbook) Offer() string { return "find indexes that nothing uses" }

// ByHand implements playbooks.ByHand: it is about the whole database, whatever is selected.
func (playbook) ByHand(*probes.Window, probes.StatementLoad) (playbooks.Finding, string) {
	return playbooks.Finding{Playbook: playbookName, Title: "indexes of this database that nothing uses"}, ""
}
