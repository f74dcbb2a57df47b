// Package statistics is the playbook that renews the planner's statistics of the tables of a statement, by ANALYZE: where many of their rows have
// changed since they were gathered, the planner counts with what is no longer there.
package statistics

import (
	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// playbookName is the playbook's name in findings, drafts and the record.
const playbookName = "statistics"

// titleWidth is how much of a statement a title shows, in characters.
const titleWidth = 60

type playbook struct{}

// New returns the playbook.
func New() playbooks.Playbook { return playbook{} }

// Name implements playbooks.Playbook.
func (playbook) Name() string { return playbookName }

// Diagnose implements playbooks.Playbook: samples do not show which tables a statement reads. A person asks for it, or the index playbook's answer
// sends them here.
func (playbook) Diagnose(*probes.Window) []playbooks.Finding { return nil }

// Offer implements playbooks.ByHand.
func (playbook) Offer() string { return "renew the statistics of the statement's tables" }

// ByHand implements playbooks.ByHand.
func (playbook) ByHand(_ *probes.Window, chosen probes.StatementLoad) (playbooks.Finding, string) {
	if chosen.QueryID == 0 {
		return playbooks.Finding{}, "select a statement first: it is about the tables of its plan"
	}
	return playbooks.Finding{Playbook: playbookName, Title: "statistics of the tables of " + sqltext.Headline(chosen.Text, titleWidth),
		Statement: chosen}, ""
}
