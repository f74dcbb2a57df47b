package snapshot

import (
	"fmt"
	"strings"

	"github.com/pgmedic/pgmedic/probes/sqltext"
	"github.com/pgmedic/pgmedic/probes/watch"
)

const (
	// headlineText is how much of a statement the headline shows, in characters.
	headlineText = 60
	// headlineClauses is how many things the headline tells beside the slots.
	headlineClauses = 2
	// crowdLeast is the least number of sessions that is told as a crowd.
	crowdLeast = 3
	// forgotten is how many seconds a transaction is open before the headline tells it.
	forgotten = 300
)

// clause is a part of the headline, with a statement's text at its end where it has one.
type clause struct{ words, text string }

// headline is what somebody can read aloud: how full the server is, and the one or two things that explain most.
func headline(s *Snapshot) string {
	var told []string
	for _, c := range clauses(s) {
		told = append(told, c.String())
	}
	return strings.Join(told, "; ")
}

func (c clause) String() string {
	if c.text == "" {
		return c.words
	}
	return c.words + " (" + c.text + ")"
}

func clauses(s *Snapshot) []clause {
	told := []clause{{words: slotsClause(s.Connections)}}
	for _, more := range []string{hiddenClause(s), crowdClause(s.Connections)} {
		if more != "" {
			told[0].words += "; " + more
		}
	}
	if s.BrokenOff != nil {
		told = []clause{{words: *s.BrokenOff}, {words: "until then " + told[0].words}}
	}
	least := len(told)
	for _, c := range []clause{heldClause(s), {words: blockingClause(s)}, {words: idleClause(s)}, loadClause(s), {words: oldClause(s)}} {
		if c.words != "" && len(told) < least+headlineClauses {
			told = append(told, c)
		}
	}
	switch {
	case len(told) > least || crowdClause(s.Connections) != "":
	case s.Connections.StateHidden > 0 && s.Connections.StateHidden == s.Connections.Clients: // said so
	case s.BrokenOff != nil:
		told = append(told, clause{words: "nothing stood out"})
	case len(s.Blind) > 0:
		told = append(told, clause{words: "nothing stands out in what can be seen"})
	default:
		told = append(told, clause{words: "nothing stands out"})
	}
	return told
}

// slotsClause tells how full the server is, and which narrower limit is about to be reached.
func slotsClause(c Connections) string {
	words := several(c.Clients, "client connection") + ", the ceiling is not known"
	switch l := c.Limit; {
	case l == nil:
	case c.isFull():
		words = fmt.Sprintf("FULL: 0 of %d slots left for applications", l.Slots)
	case l.Taken > l.Slots:
		words = fmt.Sprintf("%d connections, ceiling %d for applications", l.Taken, l.Slots)
	default:
		words = fmt.Sprintf("%d of %d slots taken", l.Taken, l.Slots)
	}
	if c.StateHidden > 0 {
		words = "at most " + words
	}
	switch t := c.Tighter; {
	case t == nil || t.Taken*100 < watch.AlarmPercent*t.Slots:
	case t.Taken > t.Slots:
		words += fmt.Sprintf(", %d connections against %s of %d", t.Taken, t.Name, t.Slots)
	default:
		words += fmt.Sprintf(", %d of %d of %s", t.Taken, t.Slots, t.Name)
	}
	return words
}

// isFull says whether an application gets no slot. Where states are hidden nobody can tell: some of the sessions may be background workers.
func (c Connections) isFull() bool {
	return c.Limit != nil && c.Limit.Taken >= c.Limit.Slots && c.StateHidden == 0
}

// hiddenClause tells how much of what goes on this role cannot see.
func hiddenClause(s *Snapshot) string {
	c := s.Connections
	if c.StateHidden == 0 {
		return ""
	}
	words := fmt.Sprintf("role %s sees no state of %d of %s", name(s.Server.Role), c.StateHidden, several(c.Clients, "session"))
	if c.StateHidden == c.Clients {
		words += ": blind"
	}
	return words
}

// crowdClause tells who fills a full server.
func crowdClause(c Connections) string {
	if l := c.Largest; c.isFull() && l != nil && l.Sessions >= crowdLeast && l.Sessions*4 >= c.Clients {
		who := name(l.Application)
		if l.Application == "" {
			who = "role " + name(l.User)
		}
		return fmt.Sprintf("%d %s of %s", l.Sessions, l.State, who)
	}
	return ""
}

// heldClause tells the statement that at least half of the active connections run.
func heldClause(s *Snapshot) clause {
	for _, one := range s.Statements.Top {
		if one.Held != nil && *one.Held >= crowdLeast && s.Connections.Active != nil && *one.Held*2 >= *s.Connections.Active {
			return clause{fmt.Sprintf("%d run one statement", *one.Held), shortText(one.Text, headlineText)}
		}
	}
	return clause{}
}

func blockingClause(s *Snapshot) string {
	if s.Blocking == nil || s.Blocking.Waiting == 0 {
		return ""
	}
	wait := fmt.Sprintf("%d wait for a lock", s.Blocking.Waiting)
	if s.Blocking.Waiting == 1 {
		wait = "1 waits for a lock"
	}
	if len(s.Blocking.Roots) == 0 {
		return wait + ", behind whom is not known"
	}
	root := s.Blocking.Roots[0]
	if root.Behind < s.Blocking.Waiting {
		return fmt.Sprintf("%s, %d of them behind %s", wait, root.Behind, blockerName(root))
	}
	return wait + " behind " + blockerName(root)
}

// blockerName says who is in the way, in a few words.
func blockerName(b Blocker) string {
	if b.Prepared != nil {
		return "the prepared transaction " + name(*b.Prepared)
	}
	words := fmt.Sprintf("pid %d", b.PID)
	if b.Application != "" {
		words += " of " + name(b.Application)
	}
	if b.State != nil && b.InStateS != nil {
		words += ", " + *b.State + " for " + ageOf(*b.InStateS)
	}
	return words
}

func idleClause(s *Snapshot) string {
	c := s.Connections
	if crowdClause(c) != "" && strings.HasPrefix(c.Largest.State, "idle in transaction") {
		return "" // said so
	}
	if c.IdleInTx != nil && *c.IdleInTx >= crowdLeast && *c.IdleInTx*4 >= c.Clients {
		return fmt.Sprintf("%d are idle in transaction", *c.IdleInTx)
	}
	return ""
}

// loadClause tells the statement with the most load where it keeps a connection busy by itself.
func loadClause(s *Snapshot) clause {
	var most *Statement
	for i, one := range s.Statements.Top {
		if one.TopLevel && one.Load != nil && *one.Load >= 1 && (most == nil || *one.Load > *most.Load) {
			most = &s.Statements.Top[i]
		}
	}
	if most == nil || heldClause(s) != (clause{}) {
		return clause{}
	}
	return clause{fmt.Sprintf("one statement kept %s connections busy", number(*most.Load)), shortText(most.Text, headlineText)}
}

func oldClause(s *Snapshot) string {
	if len(s.Transactions) == 0 || s.Transactions[0].TxS == nil || *s.Transactions[0].TxS < forgotten {
		return ""
	}
	return fmt.Sprintf("a transaction is open for %s (pid %d)", ageOf(*s.Transactions[0].TxS), s.Transactions[0].PID)
}

// shortText names a statement on one line.
func shortText(text *string, width int) string {
	if text == nil {
		return "its text is not known"
	}
	return sqltext.Headline(*text, width)
}
