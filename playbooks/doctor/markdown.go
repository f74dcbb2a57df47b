package doctor

import (
	"fmt"
	"strings"

	"github.com/pgmedic/pgmedic/playbooks/markdown"
)

// Markdown is the report for a chat or a wiki: SQL between fences, everything else escaped.
func (r *Report) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n\n%s\n\n", markdown.Escape(r.Verdict()), markdown.Escape(r.subject()))
	for _, severity := range severities {
		if r.count(severity) == 0 {
			continue
		}
		fmt.Fprintf(&b, "### %s\n\n", headings[severity])
		for _, f := range r.Findings {
			if f.Severity == severity {
				f.markdown(&b)
			}
		}
	}
	fmt.Fprintf(&b, "\n%s\n", markdown.Escape(r.cost()))
	return b.String()
}

func (f Finding) markdown(b *strings.Builder) {
	if f.Severity == Fine {
		fmt.Fprintf(b, "- %s\n", markdown.Escape(f.line()))
		return
	}
	fmt.Fprintf(b, "#### %s\n\n", markdown.Escape(f.Title))
	for _, line := range f.Read {
		fmt.Fprintf(b, "- read: %s\n", markdown.Escape(line))
	}
	if len(f.Read) > 0 {
		b.WriteByte('\n')
	}
	if f.Means != "" {
		fmt.Fprintf(b, "%s\n\n", markdown.Escape(f.Means))
	}
	if len(f.Mend) > 0 {
		b.WriteString("Mend:\n\n" + sql(f.script()) + "\n\n")
	}
	if f.Verify != "" {
		b.WriteString("Verify:\n\n" + sql(f.Verify) + "\n\n")
	}
}

// script is the mend as SQL; words stand in it as comments.
func (f Finding) script() string {
	var lines []string
	for _, s := range f.Mend {
		note := joined(s.Do, s.takes())
		switch {
		case s.SQL == "":
			lines = append(lines, "-- "+note)
		case note != "":
			lines = append(lines, s.SQL+"  -- "+note)
		default:
			lines = append(lines, s.SQL)
		}
	}
	return strings.Join(lines, "\n")
}

// Markdown is the script between fences.
func (g Grants) Markdown() string { return sql(g.Text(ChatWidth)) + "\n" }

// sql puts a script between fences.
func sql(script string) string { return string(markdown.Fence("sql", script)) }
