package index

import (
	"fmt"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/sqltext"
	"github.com/pgmedic/pgmedic/probes/watch"
)

// What makes a finding.
const (
	heldShare   = 0.5 // of the client connections run one statement
	loadShare   = 0.5 // of all statements' load is one statement's …
	loadMinimum = 2   // … and it keeps at least so many connections busy
)

// Diagnose implements playbooks.Playbook: a statement that holds most connections, or makes most of the load.
func (playbook) Diagnose(w *probes.Window) []playbooks.Finding {
	last := w.Last()
	if last == nil {
		return nil
	}
	counts, loads := last.Counts(), w.Statements()
	crowded := w.Assessment().InIncident() || last.Ceiling.Tighter(last).AtLeast(watch.AlarmPercent)
	var findings []playbooks.Finding
	for _, l := range loads {
		switch {
		case crowded && share(l.Held, counts.Total) >= heldShare:
			findings = append(findings, heldFinding(l, counts, lockWaits(last, l.QueryID)))
		case l.TopLevel && l.Load >= loadMinimum && l.Load >= loadShare*totalLoad(loads):
			findings = append(findings, treat(loadFinding(l, counts, totalLoad(loads), w.StatementSpanSeen())))
		}
	}
	return findings
}

func share(part, whole int) float64 {
	if whole <= 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

// totalLoad adds up what top-level statements did: what runs inside functions is part of its caller's time.
func totalLoad(loads []probes.StatementLoad) float64 {
	total := 0.0
	for _, l := range loads {
		if l.TopLevel {
			total += l.Load
		}
	}
	return total
}

// heldFinding is about a statement that holds most connections. Where half of them wait for a lock, no index helps: who is in their way is another finding.
func heldFinding(l probes.StatementLoad, counts probes.Counts, waiting int) playbooks.Finding {
	f := playbooks.Finding{
		Severity: playbooks.Critical,
		Title:    fmt.Sprintf("%d of %d connections run one statement (%s)", l.Held, counts.Total, firstWords(l.Text)),
		Explains: l.Held, Of: counts.Total, Load: l.Load, Statement: l,
	}
	if 2*waiting < l.Held {
		return treat(f)
	}
	f.Severity = playbooks.Warning
	f.Title += fmt.Sprintf("; %d of them wait for a lock", waiting)
	return f
}

// lockWaits counts the client connections that run the statement and wait for a lock in it.
func lockWaits(s *probes.Sample, queryID int64) int {
	n := 0
	for _, b := range s.Backends {
		if b.IsClient() && b.QueryID == queryID && b.WaitType == "Lock" {
			n++
		}
	}
	return n
}

func loadFinding(l probes.StatementLoad, counts probes.Counts, total float64, span time.Duration) playbooks.Finding {
	return playbooks.Finding{
		Severity: playbooks.Warning,
		Title: fmt.Sprintf("one statement kept %.1f connections busy over the last %.0f s, %.0f %% of all load (%s)",
			l.Load, span.Seconds(), 100*l.Load/total, firstWords(l.Text)),
		Explains: l.Held, Of: counts.Total, Load: l.Load, Statement: l,
	}
}

// treat names this playbook as the treatment of a finding whose statement an index could help.
func treat(f playbooks.Finding) playbooks.Finding {
	command, _, _ := strings.Cut(sqltext.OneLine(f.Statement.Text), " ")
	switch strings.ToUpper(command) {
	case "SELECT", "UPDATE", "DELETE":
		f.Playbook, f.Action = playbookName, action
	}
	return f
}

// titleWidth is how much of a statement a finding's title shows, in characters.
const titleWidth = 60

func firstWords(text string) string {
	if text == "" {
		return "its text is not known yet"
	}
	return sqltext.Headline(text, titleWidth)
}
