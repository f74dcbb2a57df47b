// Package brake is the playbook that drafts a limit for what comes in: a time limit of the role that runs a statement, or a number of connections.
// None ends a session that is open; each stays in force until it is taken back, of which pgmedic reminds whenever it looks for what was left.
package brake

import (
	"context"
	"embed"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/sqlfile"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

//go:embed sql/*.sql
var sqlFiles embed.FS

func query(name string, placeholders ...string) string {
	return sqlfile.Text(sqlFiles, name, placeholders...)
}

// playbookName is the playbook's name in findings, drafts and the record.
const playbookName = "brake"

type playbook struct{}

// New returns the playbook.
func New() playbooks.Playbook { return playbook{} }

// Name implements playbooks.Playbook.
func (playbook) Name() string { return playbookName }

// Diagnose implements playbooks.Playbook: a brake is a person's decision, and no finding of its own.
func (playbook) Diagnose(*probes.Window) []playbooks.Finding { return nil }

// Offer implements playbooks.ByHand.
func (playbook) Offer() string { return "brake the selected statement" }

// titleWidth is how much of a statement a finding's title shows, in characters.
const titleWidth = 60

// ByHand implements playbooks.ByHand: a brake for the role that runs the selected statement.
func (playbook) ByHand(w *probes.Window, chosen probes.StatementLoad) (playbooks.Finding, string) {
	seen := playbooks.See(w)
	switch {
	case chosen.QueryID == 0:
		return playbooks.Finding{}, "select a statement first: the brake is for the role that runs it"
	case seen == nil:
		return playbooks.Finding{}, "no sample was taken yet"
	}
	login(&chosen, seen.Sample)
	if chosen.UserOID == 0 || chosen.User == "" || chosen.DatabaseOID == 0 {
		return playbooks.Finding{}, "which role runs the statement is not known"
	}
	seen.Lasting = w.LastingOf(chosen.UserOID, chosen.DatabaseOID)
	title := "a brake for role " + sqltext.CleanLine(sqltext.Ident(chosen.User)) + ", which runs one statement"
	if chosen.Text != "" {
		title += " (" + sqltext.CleanLine(sqltext.Headline(chosen.Text, titleWidth)) + ")"
	}
	return playbooks.Finding{Playbook: playbookName, Severity: playbooks.Note, Title: title, Explains: chosen.Held,
		Of: seen.Sample.Counts().Total, Load: chosen.Load, Statement: chosen, Seen: seen}, ""
}

// login puts the role that logged in for the one that the statistics name, which SET ROLE may have made: settings and limits go by the former. Of
// several the one with the most sessions that run the statement is taken.
func login(l *probes.StatementLoad, s *probes.Sample) {
	runs := map[uint32]int{}
	for _, b := range s.Backends {
		if b.IsClient() && b.State == "active" && b.QueryID == l.QueryID && b.DatabaseOID == l.DatabaseOID && b.User != "" {
			if runs[b.UserOID]++; runs[b.UserOID] > runs[l.UserOID] || runs[l.UserOID] == 0 {
				l.UserOID, l.User = b.UserOID, b.User
			}
		}
	}
}

// Draft implements playbooks.Playbook.
func (playbook) Draft(ctx context.Context, ask *live.Asker, f playbooks.Finding) (*playbooks.Draft, error) {
	g, err := look(ctx, ask, f)
	if err != nil {
		return nil, err
	}
	return g.draft()
}
