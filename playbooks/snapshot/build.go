package snapshot

import (
	"slices"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// maker turns a look into a snapshot.
type maker struct {
	look    *look
	last    *probes.Sample // with what slower probes read before
	counts  probes.Counts
	aliases aliases
}

// snapshot is pure: the same look gives the same snapshot.
func (l *look) snapshot(opts Options) *Snapshot {
	m := &maker{look: l, last: l.window.Current(), counts: l.last().Counts()}
	m.aliases = newAliases(m.last, opts.Addresses)
	s := &Snapshot{
		At: m.last.At.UTC(), LookedForS: seconds(l.seen()), Samples: len(l.samples), BrokenOff: l.brokenOff(opts.For),
		Server: m.server(), Connections: m.connections(), Waits: m.waits(), Statements: m.statements(),
		Blocking: m.blocking(), Replicas: m.replicas(), Slots: m.slots(), Standby: m.standby(),
		Findings: findings(opts.Books, l.window), Cost: m.cost(), Redacted: redactions(opts.Addresses),
	}
	s.Transactions, s.TransactionsTotal = m.transactions()
	s.Xmin, s.XminTotal = m.xminHolders()
	s.Progress, s.ProgressTotal = m.progress()
	s.Blind = m.blind(s.BrokenOff)
	m.aliases.redact(s)
	s.Headline = headline(s)
	return s
}

// hidden says whether there are sessions of which this role sees neither state nor transaction.
func (m *maker) hidden() bool { return m.counts.Unknown > 0 }

// known says whether a probe has read its part over this connection and not failed in the last sample. One that has nothing to ask for as long as all
// is well (idle) counts as read where it did not fail.
func (m *maker) known(probe string, idle bool) bool {
	return !m.failed(probe) && (idle || !m.look.window.ReadAt(probe).IsZero())
}

func (m *maker) failed(probe string) bool {
	return slices.ContainsFunc(m.last.Failures, func(f probes.Failure) bool { return f.Probe == probe })
}

func (m *maker) server() Server {
	s := m.last.Server
	return Server{
		Host: s.Host, Port: s.Port, Database: s.Database, Role: s.User, Version: s.VersionText, VersionNum: s.Version,
		SystemIdentifier: textOrNull(s.SystemIdentifier), InRecovery: s.InRecovery, StartedAt: s.StartedAt.UTC(),
		Pooler: textOrNull(string(s.Pooler)), TLS: s.TLS,
	}
}

// blind lists what is not known.
func (m *maker) blind(broken *string) []Blind {
	blind := []Blind{}
	lost := ""
	if m.look.lost != nil {
		lost = "while " + m.look.lost.Doing
		if broken == nil || !m.look.refused() {
			lost += ": " + m.look.lost.Reason
		}
	}
	switch {
	case broken != nil && lost != "":
		blind = append(blind, Blind{"connection", *broken + ", " + lost})
	case broken != nil:
		blind = append(blind, Blind{"connection", *broken})
	case lost != "":
		blind = append(blind, Blind{"connection", "lost during the look, " + lost})
	}
	for _, f := range m.last.Failures {
		blind = append(blind, Blind{f.Probe, f.Reason})
	}
	if m.last.Statements.Known && m.last.Statements.Sampled == "" && m.look.window.StatementSpanSeen() <= 0 {
		blind = append(blind, Blind{"statement figures", "pg_stat_statements was read only once in this look: loads, calls and means need two readings, --for 10s has them"})
	}
	return blind
}

// lookSessions is how many sessions a source holds that only looks, whoever else is called pgmedic there.
const lookSessions = 1

func (m *maker) cost() Cost {
	var waited time.Duration
	for _, s := range m.look.samples {
		waited += s.Cost
	}
	return Cost{Sessions: lookSessions, WaitedMS: millis(waited)}
}

func findings(books []playbooks.Playbook, w *probes.Window) []Finding {
	all := []playbooks.Finding{}
	for _, book := range books {
		all = append(all, book.Diagnose(w)...)
	}
	slices.SortStableFunc(all, func(a, b playbooks.Finding) int { return int(b.Severity) - int(a.Severity) })
	list := []Finding{}
	for _, f := range all {
		list = append(list, Finding{Severity: severity(f.Severity), Title: sqltext.CleanLine(f.Title), Playbook: textOrNull(f.Playbook)})
	}
	return list
}

func severity(s playbooks.Severity) string {
	switch s {
	case playbooks.Critical:
		return "critical"
	case playbooks.Warning:
		return "warning"
	}
	return "note"
}

func groups(list []probes.Group) []Group {
	all := make([]Group, len(list))
	for i, g := range list {
		all[i] = Group{g.Name, g.Count}
	}
	return all
}

// textOrNull is null for an empty text.
func textOrNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// atLeastZero is null for a figure that says by −1 that it is not known.
func atLeastZero(n int64) *int64 {
	if n < 0 {
		return nil
	}
	return &n
}

func ref[T any](value T) *T { return &value }

// since is the time from a stamp to the sample in seconds; null where the stamp is not known. The activity is read a moment after the clock.
func (m *maker) since(at time.Time) *float64 {
	if at.IsZero() {
		return nil
	}
	return ref(seconds(max(m.last.At.Sub(at), 0)))
}

func seconds(d time.Duration) float64 { return float64(d.Milliseconds()) / 1000 }

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
