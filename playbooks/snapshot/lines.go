package snapshot

import (
	"fmt"
	"strconv"
	"strings"
)

func stateWords(c Connections) string {
	if c.Active == nil {
		return "not to be seen by this role"
	}
	words := fmt.Sprintf("active %d, idle %d, idle in transaction %d", *c.Active, *c.Idle, *c.IdleInTx)
	if c.StateHidden > 0 {
		words += fmt.Sprintf(", not to be seen %d", c.StateHidden)
	}
	if *c.WaitForLock > 0 {
		words += fmt.Sprintf("; waiting for a lock %d", *c.WaitForLock)
	}
	return words
}

func groupWords(groups []Group, most int) string {
	words := make([]string, 0, most+1)
	for _, g := range first(groups, most) {
		words = append(words, name2(g.Name)+" "+strconv.Itoa(g.Sessions))
	}
	return withMore(words, len(groups)-most)
}

// name2 is name for what may also be a wait event, such as Lock:tuple.
func name2(text string) string {
	if event, rest, found := strings.Cut(text, ":"); found && name(event) == event && name(rest) == rest {
		return text
	}
	return name(text)
}

func poolWords(pools []Pool, most int) string {
	words := make([]string, 0, most+1)
	for _, p := range first(pools, most) {
		one := name(p.Name) + " " + strconv.Itoa(p.Sessions)
		switch {
		case p.Clients == nil || *p.Clients <= 1:
		case *p.Least == *p.Most:
			one += fmt.Sprintf(" (%d clients × %d)", *p.Clients, *p.Most)
		default:
			one += fmt.Sprintf(" (%d clients, %d to %d each)", *p.Clients, *p.Least, *p.Most)
		}
		words = append(words, one)
	}
	return withMore(words, len(pools)-most)
}

func withMore(words []string, more int) string {
	if more > 0 {
		words = append(words, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(words, ", ")
}

// moreWords says how many things there are besides those that are shown; empty where there are none.
func moreWords(total, shown int, thing string) string {
	if total <= shown {
		return ""
	}
	return "and " + several(total-shown, "more "+thing)
}

// sessionsOf and holdersOf count what such lines stand for.
func sessionsOf(list []Transaction) (n int) {
	for _, t := range list {
		n += t.Sessions
	}
	return n
}

func holdersOf(list []XminHolder) (n int) {
	for _, x := range list {
		n += x.Holders
	}
	return n
}

// sentence is a line about a session, with its statement at the end where it is known.
type sentence struct {
	words string
	text  *string
}

func (l sentence) String() string {
	if l.text == nil {
		return l.words
	}
	return l.words + ": " + shortText(l.text, lineText)
}

// lineText is how much of a statement such a line shows, in characters.
const lineText = 100

func rootLine(root Blocker) sentence {
	words := blockerName(root)
	if root.User != "" {
		words += ", user " + name(root.User)
	}
	if root.TxS != nil {
		words += ", transaction open for " + ageOf(*root.TxS)
	}
	if root.Cycle {
		words += ", waits itself for one of those behind it (a deadlock, until deadlock_timeout)"
	}
	return sentence{words + fmt.Sprintf(", %d behind it", root.Behind), root.Text}
}

func waiterLine(w Waiter) sentence {
	words := fmt.Sprintf("pid %d", w.PID)
	if w.Application != "" {
		words += " of " + name(w.Application)
	}
	words += " waits"
	if w.WaitS != nil {
		words += " " + ageOf(*w.WaitS)
	}
	return sentence{words + waitedFor(w), w.Text}
}

// waitedFor words what is waited for.
func waitedFor(w Waiter) string {
	relation := "a table"
	if w.Relation != nil {
		relation = name(*w.Relation)
	}
	switch w.Kind {
	case "":
		return ""
	case "relation":
		return " for " + w.Mode + " on " + relation
	case "tuple":
		return " for a row of " + relation
	case "transactionid":
		return " for a transaction to end, for a row of " + relation
	case "virtualxid":
		return " for a transaction to end"
	}
	return " for " + w.Mode + " on " + w.Kind
}

func transactionLine(t Transaction) sentence {
	words := fmt.Sprintf("pid %d", t.PID)
	if t.Application != "" {
		words += " of " + name(t.Application)
	}
	if t.Sessions > 1 {
		words = fmt.Sprintf("%d sessions, the oldest %s", t.Sessions, words)
	}
	words += fmt.Sprintf(", user %s, open for %s", name(t.User), ageOf(*t.TxS))
	if t.State != nil && t.InStateS != nil {
		words += fmt.Sprintf(", %s for %s", *t.State, ageOf(*t.InStateS))
	}
	if t.Wrote {
		words += ", writes"
	}
	return sentence{words, t.Text}
}

func xminWords(x XminHolder) string {
	words := x.What + " " + name(x.Name)
	if x.Holders > 1 {
		words += fmt.Sprintf(" and %d more of that name", x.Holders-1)
	}
	if x.PID != 0 {
		words += fmt.Sprintf(" (pid %d)", x.PID)
	}
	if x.AgeS != nil {
		words += ", for " + ageOf(*x.AgeS)
	}
	return fmt.Sprintf("%s, %s transactions back", words, thousands(x.XminAge))
}

// replicationWords lists what is worth a word, one a line.
func (s *Snapshot) replicationWords() []string {
	var lines []string
	for _, r := range s.Replicas {
		if r.Worry != nil {
			lines = append(lines, "replica "+name(replicaName(r))+" "+*r.Worry)
		}
	}
	for _, slot := range s.Slots {
		if slot.Worry != nil {
			lines = append(lines, "slot "+name(slot.Name)+" "+*slot.Worry)
		}
	}
	if s.Standby != nil {
		line := "when the transaction was committed that this standby replayed last is not known"
		if s.Standby.ReplayAgeS != nil {
			line = "this standby replayed a transaction of " + ageOf(*s.Standby.ReplayAgeS) + " ago last"
		}
		if s.Standby.Paused {
			line += ", replay is paused"
		}
		if !s.Standby.Receiving {
			line += ", it receives no WAL"
		}
		lines = append(lines, line)
	}
	return lines
}

// replicaName is its address, or the alias of it, where it gives no name.
func replicaName(r Replica) string {
	if r.Application == "" && r.Client != nil {
		return *r.Client
	}
	return r.Application
}

func progressWords(p Progress) string {
	words := fmt.Sprintf("pid %d %s", p.PID, p.Command)
	if p.Relation != "" {
		words += " on " + name(p.Relation)
	}
	if p.Phase != "" {
		words += ", " + p.Phase
	}
	if p.Total != nil {
		words += fmt.Sprintf(", %s of %s %s", thousands(p.Done), thousands(*p.Total), p.Unit)
	} else if p.Done > 0 {
		words += fmt.Sprintf(", %s %s", thousands(p.Done), p.Unit)
	}
	if p.WaitsFor != nil {
		words += fmt.Sprintf(", waits for pid %d", *p.WaitsFor)
	}
	return words
}
