package doctor

import (
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// LeastWidth is the narrowest text, ChatWidth what fits a chat or a wiki.
const (
	LeastWidth = 40
	ChatWidth  = 100
)

// page is a text of lines of at most width cells, where the words allow it; SQL stays on one line, so that it can be copied.
type page struct {
	strings.Builder
	width int
}

// Marks stand before findings of each severity.
type Marks map[Severity]string

// Symbols are the marks for terminals with Unicode, ASCII those for all others.
var (
	Symbols = Marks{Critical: "●", Warning: "▲", Note: "·", Fine: "✓"}
	ASCII   = Marks{Critical: "!!", Warning: "!", Note: "-", Fine: "+"}
)

var headings = map[Severity]string{Critical: "Critical", Warning: "Warning", Note: "Note", Fine: "Fine"}

// Verdict is the answer in one line.
func (r *Report) Verdict() string {
	var parts []string
	if n := r.count(Critical); n > 0 {
		parts = append(parts, fmt.Sprintf("%d critical", n))
	}
	if n := r.count(Warning); n > 0 {
		parts = append(parts, probes.Counted(n, "warning", "warnings"))
	}
	if n := r.count(Note); n > 0 {
		parts = append(parts, probes.Counted(n, "note", "notes"))
	}
	answer := map[Severity]string{
		Critical: "Not ready for an incident", Warning: "Nearly ready for an incident", Note: "Ready for an incident", Fine: "Ready for an incident",
	}[r.Severity()]
	text := answer + ": " + joined(append(parts, fmt.Sprintf("%d fine", r.count(Fine)))...)
	if n := r.blind(); n > 0 {
		text += "; " + probes.Counted(n, "thing", "things") + " could not be read"
	}
	return text
}

// subject says what was examined.
func (r *Report) subject() string {
	s := r.Readings.Server
	where := "primary"
	if s.InRecovery {
		where = "standby"
	}
	return sqltext.CleanLine(fmt.Sprintf("%s: PostgreSQL %s, %s, %s", r.Readings.Target, s.VersionText, r.Readings.kind().words(), where))
}

// cost says what the examination took.
func (r *Report) cost() string {
	text := fmt.Sprintf("Examined in %s with %s, read-only; nothing was changed.", r.Took.Round(10*time.Millisecond),
		probes.Counted(r.Reads, "reading", "readings"))
	if role := r.Readings.Role; role == nil || !role.Superuser {
		text += " What mends is for a superuser, or for the service's administrator."
	}
	return text
}

// Text is the report for a terminal of that width.
func (r *Report) Text(marks Marks, width int) string {
	b := page{width: max(width, LeastWidth)}
	fmt.Fprintln(&b, r.Verdict()) // one line, whatever the width: it is the answer
	b.paragraph("", "", r.subject())
	b.WriteByte('\n')
	for _, severity := range severities {
		if r.count(severity) == 0 {
			continue
		}
		fmt.Fprintf(&b, "%s\n", strings.ToUpper(headings[severity]))
		for _, f := range r.Findings {
			if f.Severity == severity {
				f.text(&b, marks)
			}
		}
	}
	if r.count(Fine) > 0 {
		b.WriteByte('\n')
	}
	b.paragraph("", "", r.cost())
	return b.String()
}

// line is a finding on one line, with what was read where there is nothing to mend.
func (f Finding) line() string {
	if f.Severity != Fine || len(f.Read) == 0 {
		return f.Title
	}
	return f.Title + " (" + strings.Join(f.Read, "; ") + ")"
}

// text writes one finding; what is fine takes a line.
func (f Finding) text(b *page, marks Marks) {
	mark := marks[f.Severity]
	indent := strings.Repeat(" ", ansi.StringWidth(mark)+1)
	b.paragraph(mark+" ", indent, f.line())
	if f.Severity == Fine {
		return
	}
	for i, line := range f.Read {
		b.paragraph(label(indent, "read", i), indent+hang, line)
	}
	if f.Means != "" {
		b.paragraph(label(indent, "means", 0), indent+hang, f.Means)
	}
	for i, step := range f.Mend {
		step.text(b, label(indent, "mend", i), indent+hang)
	}
	if f.Verify != "" {
		fmt.Fprintf(b, "%s%s\n", label(indent, "verify", 0), f.Verify)
	}
	b.WriteByte('\n')
}

// hang is as wide as a label.
const hang = "         "

// label begins the first line of a part; the next ones have blanks.
func label(indent, word string, line int) string {
	if line > 0 {
		return indent + hang
	}
	return indent + "  " + word + strings.Repeat(" ", len(hang)-2-len(word))
}

// text writes one step: SQL as it is to be sent, with what it takes behind it as a comment.
func (s Step) text(b *page, first, rest string) {
	note := joined(s.Do, s.takes())
	if s.SQL == "" {
		b.paragraph(first, rest, note)
		return
	}
	line := first + s.SQL
	switch {
	case note == "":
		fmt.Fprintln(b, line)
	case ansi.StringWidth(line+note)+len("  -- ") <= b.width:
		fmt.Fprintf(b, "%s  -- %s\n", line, note)
	default:
		fmt.Fprintln(b, line)
		b.paragraph(rest+"-- ", rest+"-- ", note)
	}
}

// takes words what a step takes; that it works at once goes without saying.
func (s Step) takes() string {
	switch s.Takes {
	case Reload:
		return "takes a reload"
	case Restart:
		return "takes a restart"
	case NewSessions:
		return "new sessions have it"
	}
	return ""
}

// paragraph writes words over as many lines as they need, each word whole.
func (b *page) paragraph(first, rest, text string) {
	line, empty := first, true
	for word := range strings.SplitSeq(text, " ") {
		switch {
		case empty:
			line += word
		case ansi.StringWidth(line)+1+ansi.StringWidth(word) > b.width:
			fmt.Fprintln(b, strings.TrimRight(line, " "))
			line = rest + word
		default:
			line += " " + word
		}
		empty = false
	}
	fmt.Fprintln(b, strings.TrimRight(line, " "))
}

// Text is a script: each grant with its reason above it.
func (g Grants) Text(width int) string {
	b := page{width: max(width, LeastWidth)}
	b.paragraph("-- ", "-- ", fmt.Sprintf("Grants for pgmedic: role %s, database %s, PostgreSQL %s, %s", comment(g.Role), comment(g.Database),
		comment(g.Version), g.Kind.words()))
	for _, what := range g.Blind {
		b.paragraph("-- ", "-- ", "Not read, grants for it may be missing: "+what)
	}
	g.part(&b, "A role that may look only", g.Look)
	g.part(&b, "Besides, for a role that may also act", g.Act)
	return b.String()
}

func (g Grants) part(b *page, title string, grants []Grant) {
	fmt.Fprintf(b, "\n-- == %s\n", title)
	for _, grant := range grants {
		b.paragraph("-- ", "-- ", grant.Why)
		if grant.SQL != "" {
			fmt.Fprintf(b, "%s\n", grant.SQL)
		}
	}
}

// comment makes a name fit for a comment of one line.
func comment(name string) string { return sqltext.CleanLine(name) }
