package doctor

import (
	"fmt"
	"strings"
)

// Markdown is the report for a chat or a wiki: SQL between fences, everything else escaped.
func (r *Report) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n\n%s\n\n", plain(r.Verdict()), plain(r.subject()))
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
	fmt.Fprintf(&b, "\n%s\n", plain(r.cost()))
	return b.String()
}

func (f Finding) markdown(b *strings.Builder) {
	if f.Severity == Fine {
		fmt.Fprintf(b, "- %s\n", plain(f.Title))
		return
	}
	fmt.Fprintf(b, "#### %s\n\n", plain(f.Title))
	for _, line := range f.Read {
		fmt.Fprintf(b, "- read: %s\n", plain(line))
	}
	if len(f.Read) > 0 {
		b.WriteByte('\n')
	}
	if f.Means != "" {
		fmt.Fprintf(b, "%s\n\n", plain(f.Means))
	}
	if len(f.Mend) > 0 {
		b.WriteString("Mend:\n\n" + fence(f.script()) + "\n\n")
	}
	if f.Verify != "" {
		b.WriteString("Verify:\n\n" + fence(f.Verify) + "\n\n")
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
func (g Grants) Markdown() string { return fence(strings.TrimSpace(g.Text())) + "\n" }

// special are the characters that could begin markup in a line.
const special = "\\`*[]<>|~&$#"

// plain makes a harmless text a line of plain words: no markup, no link, nobody mentioned.
func plain(text string) string {
	var b strings.Builder
	for i, r := range text {
		switch {
		case strings.ContainsRune(special, r), r == '_' && !insideWord(text, i), i == 0 && strings.ContainsRune("-+=", r), r == ':' && strings.HasPrefix(text[i:], "://"),
			r == '.' && strings.HasSuffix(strings.ToLower(text[:i]), "www"), (r == '.' || r == ')') && i > 0 && strings.Trim(text[:i], "0123456789") == "":
			b.WriteByte('\\')
		}
		b.WriteRune(r)
		if r == '@' {
			b.WriteString("<!-- -->") // else it could call a person of that name
		}
	}
	return b.String()
}

// insideWord says whether the underscore at i stands between letters or digits: there it is no emphasis.
func insideWord(text string, i int) bool {
	return i > 0 && i < len(text)-1 && isWord(text[i-1]) && isWord(text[i+1])
}

func isWord(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
}

// fence puts SQL between fences longer than any run of backticks inside.
func fence(sql string) string {
	longest, run := 0, 0
	for _, r := range sql {
		run++
		if r != '`' {
			run = 0
		}
		longest = max(longest, run)
	}
	marks := strings.Repeat("`", max(3, longest+1))
	return marks + "sql\n" + sql + "\n" + marks
}
