package snapshot

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pgmedic/pgmedic/probes"
)

// LeastWidth is the narrowest page.
const LeastWidth = 40

// How many rows of each kind the text shows.
const (
	textGroups     = 6
	textStatements = 6
	textWaiters    = 6
)

// Text writes it for a terminal, a mail or a log, in lines of at most width cells. ascii: all but names and statements in ASCII.
func (s *Snapshot) Text(width int, ascii bool) string {
	p := &page{width: max(width, LeastWidth), ascii: ascii}
	p.line(0, s.Headline)
	p.line(0, s.where())
	s.textConnections(p)
	s.textStatements(p)
	s.textBlocking(p)
	s.textTransactions(p)
	s.textReplication(p)
	s.textProgress(p)
	s.textFindings(p)
	s.textBlind(p)
	p.section("Redacted", strings.Join(s.Redacted, "; ")+".")
	p.line(0, s.costWords())
	return p.String()
}

// where says which server, when and how long.
func (s *Snapshot) where() string {
	kind := "primary"
	if s.Server.InRecovery {
		kind = "standby"
	}
	words := fmt.Sprintf("%s UTC, database %s on %s:%d, PostgreSQL %s, %s", s.At.Format("2006-01-02 15:04:05"), name(s.Server.Database), s.Server.Host,
		s.Server.Port, s.Server.Version, kind)
	if s.Server.Pooler != nil {
		words += ", through a pooler (" + *s.Server.Pooler + " mode)"
	}
	return words + fmt.Sprintf("; looked for %s s, %s", number(s.LookedForS), several(s.Samples, "sample"))
}

func (s *Snapshot) costWords() string {
	return fmt.Sprintf("Own cost: %s, %s ms of waiting for the server in all, an upper bound of its own work.", several(s.Cost.Sessions, "session"), number(s.Cost.WaitedMS))
}

func (s *Snapshot) textConnections(p *page) {
	c := s.Connections
	p.section("Connections", s.connectionWords())
	p.item("state", stateWords(c))
	p.item("waits", groupWords(s.Waits, textGroups))
	p.item("application", poolWords(c.ByApplication, textGroups))
	p.item("user", groupWords(c.ByUser, textGroups))
	p.item("client", groupWords(c.ByClient, textGroups))
	p.item("database", groupWords(c.ByDatabase, textGroups))
}

// connectionWords says how many there are, and what bounds them.
func (s *Snapshot) connectionWords() string {
	c := s.Connections
	words := fmt.Sprintf("%s, %d of pgmedic", several(c.Clients, "client"), c.Pgmedic)
	limits := c.Ceiling
	if limits.MaxConnections == nil {
		return words + "; the ceiling is not known"
	}
	words += fmt.Sprintf("; max_connections %d, of which %d reserved", *limits.MaxConnections, *limits.SuperuserReserved+*limits.Reserved)
	if limits.DatabaseLimit != nil {
		words += fmt.Sprintf("; the database's own limit %d", *limits.DatabaseLimit)
	}
	if c.Tighter != nil {
		words += fmt.Sprintf("; %d of %d of %s taken", c.Tighter.Taken, c.Tighter.Slots, c.Tighter.Name)
	}
	return words
}

func (s *Snapshot) textStatements(p *page) {
	p.section("Statements", s.statementWords())
	if len(s.Statements.Top) == 0 {
		return
	}
	rows := [][]string{{"held", "load", "calls", "mean", "×reset", "statement"}}
	for _, one := range first(s.Statements.Top, textStatements) {
		rows = append(rows, append(one.cells(), s.textOf(one, 200)))
	}
	p.columns(rows)
	p.more(2, len(s.Statements.Top)+s.Statements.More, textStatements, "statement")
}

// statementWords says what the figures are.
func (s *Snapshot) statementWords() string {
	st := s.Statements
	var words string
	switch {
	case st.Sampled != nil:
		words = "from sampled activity alone: held is now, load is how many sessions were seen running it on average"
		if !slices.ContainsFunc(s.Blind, func(b Blind) bool { return b.Reason == *st.Sampled }) {
			words += "; " + *st.Sampled
		}
	case st.WindowS == nil:
		words = "held is now; loads, calls and means are not known"
	default:
		words = fmt.Sprintf("held is now; load, calls and mean of the calls that ended within %s s (lags: they last longer); ×reset is the mean against that "+
			"of all calls since the statistics were reset", number(*st.WindowS))
	}
	if len(st.Top) == 0 {
		words += "; none was seen"
	}
	return words
}

// unknown stands for a figure that is not known.
const unknown = "?"

// cells are the figures of a statement.
func (one Statement) cells() []string {
	cells := []string{unknown, unknown, unknown, unknown, unknown}
	if one.Held != nil {
		cells[0] = strconv.Itoa(*one.Held)
	}
	if one.Load != nil {
		cells[1] = number(*one.Load)
	}
	if one.Lagging {
		cells[1] = "lags"
	}
	if one.Calls != nil {
		cells[2] = thousands(*one.Calls)
	}
	if one.MeanMS != nil {
		cells[3] = length(*one.MeanMS)
	} else if one.Calls != nil {
		cells[3] = "none ended"
	}
	if one.Factor != nil {
		cells[4] = number(*one.Factor)
	}
	return cells
}

// textOf is a statement on one line, with its database where it is another one.
func (s *Snapshot) textOf(one Statement, width int) string {
	text := shortText(one.Text, width)
	if one.Text == nil {
		text = "query id " + one.QueryID + ", " + text
	}
	if one.Database != "" && one.Database != s.Server.Database {
		text = name(one.Database) + ": " + text
	}
	if !one.TopLevel {
		text = "in a function: " + text
	}
	return text
}

func (s *Snapshot) textBlocking(p *page) {
	if s.Blocking == nil || s.Blocking.Waiting == 0 {
		return
	}
	p.section("Blocking", s.blockingWords())
	for _, root := range s.Blocking.Roots {
		p.line(2, rootLine(root).String())
		for _, w := range first(root.Waiters, textWaiters) {
			p.line(2+2*min(w.Depth, 5), waiterLine(w).String())
		}
		p.more(4, root.WaitersTotal, textWaiters, "session")
	}
	p.more(2, s.Blocking.RootsTotal, len(s.Blocking.Roots), "blocker")
}

func (s *Snapshot) blockingWords() string {
	b := s.Blocking
	words := several(b.Waiting, "session") + " waiting for a lock"
	if b.NotAsked > 0 {
		words += fmt.Sprintf(", for %d of them it is not known behind whom", b.NotAsked)
	}
	return words
}

func (s *Snapshot) textTransactions(p *page) {
	if len(s.Transactions) > 0 {
		p.section("Long transactions", fmt.Sprintf("%s, open for %s or longer", several(*s.TransactionsTotal, "session"), probes.Span(longTransaction)))
		shown := first(s.Transactions, textGroups)
		for _, t := range shown {
			p.line(2, transactionLine(t).String())
		}
		p.more(2, *s.TransactionsTotal, sessionsOf(shown), "session")
	}
	if len(s.Xmin) > 0 {
		p.section("Old row versions are kept by", "")
		shown := first(s.Xmin, textGroups)
		for _, x := range shown {
			p.line(2, xminWords(x))
		}
		p.more(2, *s.XminTotal, holdersOf(shown), "holder")
	}
}

func (s *Snapshot) textReplication(p *page) {
	if lines := s.replicationWords(); len(lines) > 0 {
		p.section("Replication", "")
		for _, line := range lines {
			p.line(2, line)
		}
	}
}

func (s *Snapshot) textProgress(p *page) {
	if len(s.Progress) > 0 {
		p.section("Running", "")
		for _, one := range s.Progress {
			p.line(2, progressWords(one))
		}
		p.more(2, *s.ProgressTotal, len(s.Progress), "command")
	}
}

func (s *Snapshot) textFindings(p *page) {
	if len(s.Findings) > 0 {
		p.section("Findings", "")
		for _, f := range s.Findings {
			p.line(2, f.Severity+": "+f.Title+treatment(f))
		}
	}
}

// treatment says which playbook helps.
func treatment(f Finding) string {
	if f.Playbook == nil {
		return ""
	}
	return " (playbook " + *f.Playbook + ")"
}

func (s *Snapshot) textBlind(p *page) {
	if len(s.Blind) > 0 {
		p.section("Not known", "")
		for _, b := range s.Blind {
			p.line(2, b.What+": "+b.Reason)
		}
	}
}
