package markdown

import (
	"strings"
	"testing"
)

func TestEscape(t *testing.T) {
	cases := []struct{ in, want string }{
		{"reports_organization_id_index", "reports_organization_id_index"},
		{"a | b", `a \| b`},
		{"`code`", "\\`code\\`"},
		{"<img src=x>", `\<img src=x\>`},
		{"![x](http://e.vil)", `!\[x\](http\://e.vil)`},
		{"www.e.vil", `www\.e.vil`},
		{"1. item", `1\. item`},
		{"# title", `\# title`},
		{"_em_ *em*", `\_em\_ \*em\*`},
		{"two\nlines", "two lines"},
		{"ask @dba", "ask @<!-- -->dba"},
		{"&lt;", `\&lt;`},
		{"83 % of 97 (n = 12)", "83 % of 97 (n = 12)"},
	}
	for _, c := range cases {
		if got := Escape(c.in); string(got) != c.want {
			t.Errorf("Escape(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func FuzzEscape(f *testing.F) {
	for _, seed := range []string{"", "a|b", "\\", "\\|", "`", "<script>", "[x](y)", "\x1b[31m", "\u202e", "\xff", "- x", "$x$", "a_b_ c", "\r\n|"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := string(Escape(text))
		if strings.ContainsAny(got, "\n\r\x1b") {
			t.Fatalf("Escape(%q) = %q is not one harmless line", text, got)
		}
		if bare := unescaped(strings.ReplaceAll(got, "@<!-- -->", "@")); strings.ContainsAny(bare, "`*[]<>|~&$") {
			t.Fatalf("Escape(%q) = %q leaves markup: %q", text, got, bare)
		}
	})
}

// unescaped returns what is left of a markdown text when every backslash and the character behind it are gone.
func unescaped(text string) string {
	var b strings.Builder
	skip := false
	for _, r := range text {
		switch {
		case skip:
			skip = false
		case r == '\\':
			skip = true
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func FuzzFence(f *testing.F) {
	for _, seed := range []string{"", "```", "a\n````\nb", "~~~", "select 1", "\x1b]52;c;x\a"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		lines := strings.Split(string(Fence("sql", text)), "\n")
		marks := strings.TrimSuffix(lines[0], "sql")
		if strings.Trim(marks, "`") != "" || len(marks) < 3 || lines[len(lines)-1] != marks {
			t.Fatalf("Fence(%q) is not a block: %q", text, lines)
		}
		for _, line := range lines[1 : len(lines)-1] {
			if strings.Contains(line, marks) {
				t.Fatalf("Fence(%q) can be closed from inside: %q", text, line)
			}
		}
	})
}

func TestCode(t *testing.T) {
	cases := []struct{ in, want string }{
		{"reports.reports", "`reports.reports`"},
		{"a`b", "a\\`b"},
		{"a|b", `a\|b`},
		{" <b> ", "`<b>`"},
		{"", ""},
	}
	for _, c := range cases {
		if got := Code(c.in); string(got) != c.want {
			t.Errorf("Code(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}
