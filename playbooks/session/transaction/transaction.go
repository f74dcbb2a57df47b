// Package transaction is the playbook for transactions that are open for long, and for whatever else keeps VACUUM from removing dead rows: who it is,
// what it holds back, and what ends it.
package transaction

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/playbooks/session"
	"github.com/pgmedic/pgmedic/probes"
)

// playbookName is the playbook's name in findings, drafts and the record.
const playbookName = "transaction"

// action is what pressing a finding's key does.
const action = "end long transactions"

type playbook struct{}

// New returns the playbook.
func New() playbooks.Playbook { return playbook{} }

// Name implements playbooks.Playbook.
func (playbook) Name() string { return playbookName }

// Offer implements playbooks.ByHand.
func (playbook) Offer() string { return action }

// bounds are from when on a transaction is long.
type bounds struct {
	idle     time.Duration // idle in transaction, without having sent anything for so long
	active   time.Duration // one statement runs for so long
	prepared time.Duration // prepared, and nobody has ended it
}

// The bounds of a finding, and of what a person asks for by hand. An application that keeps a transaction open between two of its statements does so
// for milliseconds; 5 minutes are a person who went away, or a client that hangs. Statements of half an hour are reports; a coordinator ends what it
// prepared within seconds.
var (
	forFinding = bounds{idle: 5 * time.Minute, active: 30 * time.Minute, prepared: 5 * time.Minute}
	forByHand  = bounds{idle: time.Minute, active: 5 * time.Minute, prepared: time.Minute}
)

// How old what holds VACUUM back must be, in transactions. A million rows changed and not removed begin to cost scans; at 100 million autovacuum's
// protection against wraparound (autovacuum_freeze_max_age, 200 million as shipped) is half way.
const (
	oldHorizon     = 1_000_000
	ancientHorizon = 100_000_000
)

// long is what is open for long, the oldest first.
type long struct {
	idle, active []probes.Backend // sessions idle in a transaction, and running a statement
	prepared     []probes.PreparedTransaction
	holder       *probes.XminHolder // the oldest of those that hold VACUUM back, where that matters; else nil
}

// find looks for what is longer than the bounds.
func (at bounds) find(s *probes.Sample) long {
	var l long
	for _, b := range s.Backends {
		switch reason, _ := session.Barred(b); {
		case reason != "" || b.XactStart.IsZero():
		case session.IsInTransaction(b) && s.At.Sub(b.StateChange) > at.idle:
			l.idle = append(l.idle, b)
		case session.IsActive(b) && s.At.Sub(b.QueryStart) > at.active && session.LeftBehind(s, b.PID) == "":
			l.active = append(l.active, b)
		}
	}
	session.OldestFirst(l.idle)
	session.OldestFirst(l.active)
	for _, x := range s.Prepared {
		if s.At.Sub(x.PreparedAt) > at.prepared {
			l.prepared = append(l.prepared, x)
		}
	}
	slices.SortStableFunc(l.prepared, func(a, b probes.PreparedTransaction) int { return a.PreparedAt.Compare(b.PreparedAt) })
	if holders := s.XminHolders(); len(holders) > 0 && holders[0].Age >= oldHorizon && !holders[0].Ours {
		l.holder = &holders[0]
	}
	return l
}

func (l long) none() bool { return len(l.idle)+len(l.active)+len(l.prepared) == 0 && l.holder == nil }

// found is what is over the bounds of a finding, and where nothing is, over those of who asks by hand.
func found(s *probes.Sample) long {
	if l := forFinding.find(s); !l.none() {
		return l
	}
	return forByHand.find(s)
}

// Diagnose implements playbooks.Playbook: transactions that are open for long, and what holds VACUUM far back.
func (playbook) Diagnose(w *probes.Window) []playbooks.Finding {
	seen := playbooks.See(w)
	if seen == nil {
		return nil
	}
	l := forFinding.find(seen.Sample)
	if l.none() {
		return nil
	}
	return []playbooks.Finding{finding(seen, l)}
}

// ByHand implements playbooks.ByHand.
func (playbook) ByHand(w *probes.Window, _ probes.StatementLoad) (playbooks.Finding, string) {
	seen := playbooks.See(w)
	if seen == nil {
		return playbooks.Finding{}, "nothing was read from the server yet"
	}
	l := found(seen.Sample)
	if l.none() {
		return playbooks.Finding{}, fmt.Sprintf("no session is idle in a transaction for more than %s, none runs a statement for more than %s, "+
			"and nothing holds VACUUM back", probes.Span(forByHand.idle), probes.Span(forByHand.active))
	}
	return finding(seen, l), ""
}

// finding is a note, and a warning where an index build waits for one of them, or VACUUM is held far back.
func finding(seen *playbooks.Seen, l long) playbooks.Finding {
	s := seen.Sample
	f := playbooks.Finding{
		Playbook: playbookName, Action: action, Severity: playbooks.Note, Title: title(s, l),
		Explains: len(l.idle) + len(l.active), Of: s.Counts().Total, Seen: seen,
	}
	if l.holder != nil || len(buildsBehind(s, l)) > 0 {
		f.Severity = playbooks.Warning
	}
	if l.holder != nil && l.holder.Age >= ancientHorizon {
		f.Severity = playbooks.Critical
	}
	return f
}

// title says how many, who is the oldest, and what they hold back.
func title(s *probes.Sample, l long) string {
	var words []string
	if n := len(l.idle); n > 0 {
		words = append(words, fmt.Sprintf("%s idle in transaction, the oldest (%s) %s", probes.Counted(n, "session is", "sessions are"),
			short(l.idle[0]), openFor(s, l.idle[0])))
	}
	if n := len(l.active); n > 0 {
		words = append(words, fmt.Sprintf("%s one statement for %s and more (%s)", probes.Counted(n, "session runs", "sessions run"),
			probes.Span(s.At.Sub(l.active[n-1].QueryStart)), short(l.active[0])))
	}
	if n := len(l.prepared); n > 0 {
		words = append(words, fmt.Sprintf("%s open, the oldest (%s) for %s", probes.Counted(n, "prepared transaction is", "prepared transactions are"),
			l.prepared[0].GID, probes.Span(s.At.Sub(l.prepared[0].PreparedAt))))
	}
	if h := l.holder; h != nil {
		words = append(words, fmt.Sprintf("%s holds VACUUM back by %s", holderName(*h), transactions(h.Age)))
	}
	if n := len(buildsBehind(s, l)); n > 0 {
		words = append(words, probes.Counted(n, "index build waits", "index builds wait")+" for them")
	}
	return strings.Join(words, "; ")
}

// openFor says for how long a session's transaction is open.
func openFor(s *probes.Sample, b probes.Backend) string {
	return fmt.Sprintf("with a transaction of %s, and nothing sent for %s", probes.Span(s.At.Sub(b.XactStart)), probes.Span(s.At.Sub(b.StateChange)))
}

// short names a session.
func short(b probes.Backend) string {
	return fmt.Sprintf("pid %d, %s", b.PID, cmp.Or(b.Application, b.User, "who is not visible"))
}

// holderName names what holds VACUUM back.
func holderName(h probes.XminHolder) string {
	name := cmp.Or(h.Name, "without a name")
	if h.PID != 0 {
		return fmt.Sprintf("%s %s (pid %d)", h.Kind, name, h.PID)
	}
	return fmt.Sprintf("%s %s", h.Kind, name)
}

// transactions words how old something is.
func transactions(age int64) string {
	switch {
	case age >= 1_000_000:
		return fmt.Sprintf("%.1f million transactions", float64(age)/1_000_000)
	case age >= 10_000:
		return fmt.Sprintf("%d thousand transactions", age/1000)
	}
	return probes.Counted(int(age), "transaction", "transactions")
}

// buildsBehind are the index builds that wait for one of them.
func buildsBehind(s *probes.Sample, l long) []probes.IndexBuild {
	var builds []probes.IndexBuild
	for _, build := range s.Builds {
		if slices.ContainsFunc(slices.Concat(l.idle, l.active), func(b probes.Backend) bool { return b.PID == build.CurrentLockerPID }) {
			builds = append(builds, build)
		}
	}
	return builds
}
