package snapshot

import (
	"strings"

	"github.com/pgmedic/pgmedic/playbooks/markdown"
)

// ChatLimit bounds the markdown, in characters: Slack's message is the shortest of the usual ones but Discord's.
const ChatLimit = 4000

// chatText is how much of a statement a table's row shows, and the block of the first one.
const (
	chatText  = 80
	chatBlock = 700
)

// Markdown writes it for one chat message: with fewer rows where it would be too long, and in the end cut.
func (s *Snapshot) Markdown() string {
	for rows := 5; rows > 0; rows-- {
		if text := s.markdown(rows); len([]rune(text)) <= ChatLimit {
			return text
		}
	}
	const rest = "\n\nThe rest is too long for a message: pgmedic snapshot --format text shows it.\n"
	for _, head := range []string{s.markdownHead(1), string(s.markdownHeadline())} {
		if text := head + rest; len([]rune(text)) <= ChatLimit {
			return text
		}
	}
	return string(markdown.Escape(clip(s.Headline, ChatLimit/8))) + rest
}

func (s *Snapshot) markdown(rows int) string {
	parts := []string{s.markdownHead(rows)}
	if table := s.markdownStatements(rows); table != "" {
		parts = append(parts, table)
	}
	if list := s.markdownRest(rows); list != "" {
		parts = append(parts, list)
	}
	parts = append(parts, string("_"+markdown.Escape("Redacted: "+strings.Join(s.Redacted, "; ")+". "+s.costWords())+"_"))
	return strings.Join(parts, "\n\n") + "\n"
}

// markdownHead is the answer, the server and the connections.
func (s *Snapshot) markdownHead(rows int) string {
	lines := []string{string(s.markdownHeadline()), "", string(markdown.Escape(s.where())), ""}
	c := s.Connections
	for _, line := range []struct{ name, text string }{
		{"Connections", s.connectionWords()}, {"State", stateWords(c)}, {"Waits", groupWords(s.Waits, rows)},
		{"Applications", poolWords(c.ByApplication, rows)}, {"Users", groupWords(c.ByUser, rows)}, {"Clients", groupWords(c.ByClient, rows)},
		{"Databases", groupWords(c.ByDatabase, rows)},
	} {
		if line.text != "" {
			lines = append(lines, bullet(line.name, line.text))
		}
	}
	return strings.Join(lines, "\n")
}

// markdownHeadline is the headline with the statements as code.
func (s *Snapshot) markdownHeadline() markdown.Text {
	var told []string
	for _, c := range clauses(s) {
		part := "**" + string(markdown.Escape(c.words)) + "**"
		if c.text != "" {
			part += " (" + string(markdown.Code(c.text)) + ")"
		}
		told = append(told, part)
	}
	return markdown.Text(strings.Join(told, "; "))
}

// chatLine is how much one line says, in characters; a name has 63 at most.
const chatLine = 400

func bullet(name, text string) string {
	return "- **" + name + ":** " + string(markdown.Escape(clip(text, chatLine)))
}

// clip cuts a text at so many characters.
func clip(text string, most int) string {
	if line := []rune(text); len(line) > most {
		return string(line[:most-1]) + "…"
	}
	return text
}

// markdown is the line with its statement as code.
func (l sentence) markdown() string {
	line := string(markdown.Escape(clip(l.words, chatLine)))
	if l.text != nil {
		line += ": " + string(markdown.Code(shortText(l.text, chatText)))
	}
	return line
}

// markdownStatements is a table, and the first statement in full.
func (s *Snapshot) markdownStatements(rows int) string {
	top := first(s.Statements.Top, rows)
	if len(top) == 0 {
		return ""
	}
	lines := []string{"Statements, " + string(markdown.Escape(s.statementWords())), "",
		"| held | load | calls | mean | ×reset | statement |", "|---:|---:|---:|---:|---:|---|"}
	for _, one := range top {
		cells := one.cells()
		lines = append(lines, "| "+strings.Join(cells, " | ")+" | "+string(markdown.Code(s.textOf(one, chatText)))+" |")
	}
	if more := moreWords(len(s.Statements.Top)+s.Statements.More, len(top), "statement"); more != "" {
		lines = append(lines, "", more)
	}
	if text := top[0].Text; text != nil && len([]rune(*text)) > chatText {
		lines = append(lines, "", string(markdown.Fence("sql", clip(*text, chatBlock))))
	}
	return strings.Join(lines, "\n")
}

// markdownRest is everything else, a line each.
func (s *Snapshot) markdownRest(rows int) string {
	var lines []string
	add := func(name string, list []string, more string) {
		for _, text := range list {
			lines = append(lines, "- **"+name+":** "+text)
		}
		if more != "" {
			lines = append(lines, "- **"+name+":** "+more)
		}
	}
	if b := s.Blocking; b != nil && b.Waiting > 0 {
		roots := first(b.Roots, rows)
		add("Blocking", append([]string{s.blockingWords()}, linesOf(roots, func(b Blocker) string { return rootLine(b).markdown() })...),
			moreWords(b.RootsTotal, len(roots), "blocker"))
		for _, root := range first(roots, 1) {
			waiters := first(root.Waiters, rows)
			add("Waiter", linesOf(waiters, func(w Waiter) string { return waiterLine(w).markdown() }), moreWords(root.WaitersTotal, len(waiters), "session"))
		}
	}
	if list := first(s.Transactions, rows); len(list) > 0 {
		add("Long transaction", linesOf(list, func(t Transaction) string { return transactionLine(t).markdown() }),
			moreWords(*s.TransactionsTotal, sessionsOf(list), "session"))
	}
	if list := first(s.Xmin, rows); len(list) > 0 {
		add("Old row versions kept by", escapedLines(list, xminWords), moreWords(*s.XminTotal, holdersOf(list), "holder"))
	}
	replication := s.replicationWords()
	add("Replication", escapedLines(first(replication, rows), func(words string) string { return words }), moreWords(len(replication), rows, "line"))
	if list := first(s.Progress, rows); len(list) > 0 {
		add("Running", escapedLines(list, progressWords), moreWords(*s.ProgressTotal, len(list), "command"))
	}
	add("Finding", escapedLines(first(s.Findings, rows), func(f Finding) string { return f.Severity + ": " + f.Title + treatment(f) }),
		moreWords(len(s.Findings), rows, "finding"))
	add("Not known", escapedLines(first(s.Blind, rows), func(b Blind) string { return b.What + ": " + b.Reason }), moreWords(len(s.Blind), rows, "gap"))
	return strings.Join(lines, "\n")
}

func first[T any](list []T, most int) []T { return list[:min(len(list), most)] }

func linesOf[T any](list []T, line func(T) string) []string {
	all := make([]string, len(list))
	for i, one := range list {
		all[i] = line(one)
	}
	return all
}

func escapedLines[T any](list []T, words func(T) string) []string {
	return linesOf(list, func(one T) string { return string(markdown.Escape(clip(words(one), chatLine))) })
}
