// Package unblock is the playbook for sessions that wait behind one: who is in the way, what ends that and what it costs, and whether the tree
// shrinks by it.
package unblock

import (
	"cmp"
	"embed"
	"fmt"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/playbooks/session"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/sqlfile"
	"github.com/pgmedic/pgmedic/probes/watch"
)

//go:embed sql/*.sql
var sqlFiles embed.FS

func query(name string, placeholders ...string) string {
	return sqlfile.Text(sqlFiles, name, placeholders...)
}

// playbookName is the playbook's name in findings, drafts and the record.
const playbookName = "unblock"

// action is what pressing a finding's key does.
const action = "unblock"

type playbook struct{}

// New returns the playbook.
func New() playbooks.Playbook { return playbook{} }

// Name implements playbooks.Playbook.
func (playbook) Name() string { return playbookName }

// Offer implements playbooks.ByHand.
func (playbook) Offer() string { return "unblock those who wait for locks" }

// What makes a finding: as many waiters as watch calls a pile-up, or fewer that wait for so long. A wait of a second or two is how locks work.
const (
	longWait    = 10 * time.Second
	manyWaiters = 20 // make it critical
)

// mostFindings is how many pile-ups are findings at a time.
const mostFindings = 3

// Diagnose implements playbooks.Playbook: the worst pile-ups, each behind one session or prepared transaction.
func (playbook) Diagnose(w *probes.Window) []playbooks.Finding {
	seen := playbooks.See(w)
	if seen == nil {
		return nil
	}
	roots := pileUps(seen.Sample, queueOf(seen.Sample))
	var found []playbooks.Finding
	for _, root := range roots[:min(len(roots), mostFindings)] {
		found = append(found, find(seen, root))
	}
	return found
}

// ByHand implements playbooks.ByHand: whoever is in the way, however few wait.
func (playbook) ByHand(w *probes.Window, _ probes.StatementLoad) (playbooks.Finding, string) {
	seen := playbooks.See(w)
	if seen == nil {
		return playbooks.Finding{}, "nothing was read from the server yet"
	}
	tree := seen.Sample.Blocking()
	switch {
	case len(tree.Roots) > 0:
		return find(seen, tree.Roots[0]), ""
	case tree.Waiting > 0:
		return playbooks.Finding{}, probes.Counted(tree.Waiting, "session waits", "sessions wait") +
			" for locks, and for whom was not read: the lock table is too busy to be asked"
	}
	for _, failure := range seen.Sample.Failures {
		if failure.Probe == "locks" {
			return playbooks.Finding{}, failure.Reason
		}
	}
	return playbooks.Finding{}, "no session waits for a lock"
}

// pileUps are the roots of the tree that are worth a finding, most waiters behind first.
func pileUps(s *probes.Sample, q queue) []*probes.Blocked {
	var found []*probes.Blocked
	for _, root := range s.Blocking().Roots {
		if root.Behind >= watch.PileUpWaiters || q.longest(q.behind(partyOf(root)), s.At) > longWait {
			found = append(found, root)
		}
	}
	return found
}

// find makes the finding about a root.
func find(seen *playbooks.Seen, root *probes.Blocked) playbooks.Finding {
	s := seen.Sample
	f := playbooks.Finding{
		Playbook: playbookName, Action: action, Severity: playbooks.Warning, Title: title(seen, root),
		Explains: root.Behind, Of: s.Counts().Total, Seen: seen, Target: targetOf(root),
	}
	if root.Behind >= manyWaiters || s.Ceiling.Tighter(s).AtLeast(watch.AlarmPercent) {
		f.Severity = playbooks.Critical
	}
	return f
}

// targetOf tells a root from others.
func targetOf(root *probes.Blocked) string {
	if root.Prepared != nil {
		return "prepared transaction " + root.Prepared.GID
	}
	return fmt.Sprintf("pid %d", root.PID)
}

// title says who waits behind whom.
func title(seen *playbooks.Seen, root *probes.Blocked) string {
	words := fmt.Sprintf("%s behind %s", probes.Counted(root.Behind, "session waits", "sessions wait"), rootName(root, seen.Sample.At))
	if root.Cycle {
		return words + ", which waits for one of them: a deadlock"
	}
	q := queueOf(seen.Sample)
	between, freed := q.between(seen.Sample, partyOf(root))
	if between == nil {
		return words
	}
	return fmt.Sprintf("%s, %d of them behind %s", words, len(freed), betweenName(q, between, command(seen.Text(between.QueryID))))
}

// rootName says who is in the way, and since when.
func rootName(root *probes.Blocked, at time.Time) string {
	b := root.Backend
	switch {
	case root.Prepared != nil:
		return fmt.Sprintf("prepared transaction %s (of %s, prepared %s ago)", root.Prepared.GID, cmp.Or(root.Prepared.Owner, "an unknown role"),
			probes.Span(max(at.Sub(root.Prepared.PreparedAt), 0)))
	case root.PID == 0:
		return "a prepared transaction"
	case b == nil:
		return fmt.Sprintf("pid %d (ended since)", root.PID)
	}
	return fmt.Sprintf("pid %d (%s, %s)", root.PID, session.Doing(*b, at), cmp.Or(b.Application, b.User, b.Type, "who is not visible"))
}

// betweenName says who waits and is in the way of others by that: by its command where that is known, else by the lock.
func betweenName(q queue, b *probes.Backend, command string) string {
	switch w := q.waits[b.PID]; {
	case command != "" && w.Relation != "":
		return fmt.Sprintf("the waiting %s on %s (pid %d)", command, w.Relation, b.PID)
	case command != "":
		return fmt.Sprintf("the waiting %s (pid %d)", command, b.PID)
	case w.Kind == "transactionid" || w.Kind == "tuple":
		return fmt.Sprintf("pid %d, which waits for a row of %s", b.PID, cmp.Or(w.Relation, "a table that is not known"))
	case w.Relation != "":
		return fmt.Sprintf("pid %d, which waits for %s on %s", b.PID, w.Mode, w.Relation)
	default:
		return fmt.Sprintf("pid %d, which waits for %s", b.PID, w.Mode)
	}
}

// ofTwo are the commands that say what they do by their second word.
var ofTwo = map[string]bool{
	"ALTER": true, "CREATE": true, "DROP": true, "REFRESH": true, "REINDEX": true, "LOCK": true, "TRUNCATE": true, "VACUUM": true,
}

// command is the command of a normalised statement, for example "ALTER TABLE"; empty where its text is not known.
func command(text string) string {
	words := strings.Fields(text)
	if len(words) == 0 {
		return ""
	}
	first := strings.ToUpper(words[0])
	if ofTwo[first] && len(words) > 1 && !strings.ContainsAny(words[1], `."`) {
		return first + " " + strings.ToUpper(words[1])
	}
	return first
}
