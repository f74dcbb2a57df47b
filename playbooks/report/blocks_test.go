package report

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// templated is a report as a template gives it, with three blocks.
func templated(version int) string {
	return fmt.Sprintf("# Report\n\n<!-- pgmedic:begin header -->\nhead %d\n<!-- pgmedic:end header -->\n\n> **To fill in:** severity\n\n## Summary\n\n"+
		"<!-- pgmedic:begin summary -->\n- peak %d\n\n| a | b |\n|---|---|\n<!-- pgmedic:end summary -->\n\n> **To fill in:** users\n\n## Cause\n\n"+
		"<!-- pgmedic:begin cause -->\nstatement %d\n<!-- pgmedic:end cause -->\n", version, version, version)
}

// again makes a report anew that is there already.
func again(t interface{ Fatalf(string, ...any) }, existing string, version int) merged {
	m, ours := merge(existing, generated(templated(version)))
	if !ours {
		t.Fatalf("it is not taken for a report:\n%s", existing)
	}
	return m
}

func TestWhatNobodyEditedIsMadeAnew(t *testing.T) {
	first := generated(templated(1)).text()
	m := again(t, first, 2)
	if m.text != generated(templated(2)).text() || m.anew != "" || len(m.kept) != 0 {
		t.Errorf("made anew:\n%s\nkept %v", m.text, m.kept)
	}
}

// What people write into the prompts stays, an edited block is kept and its new text goes beside it, a deleted one stays deleted, a moved one is made anew where it is.
func TestPeoplesEdits(t *testing.T) {
	first := generated(templated(1)).text()
	edited := strings.NewReplacer("severity", "SEV-2", "- peak 1", "- the peak was 1").Replace(first)
	m := again(t, edited, 2)
	if !strings.Contains(m.text, "SEV-2") || !strings.Contains(m.text, "- the peak was 1") || !strings.Contains(m.text, "statement 2") || !slices.Equal(m.kept, []string{"summary"}) {
		t.Errorf("kept %v:\n%s", m.kept, m.text)
	}
	if !strings.Contains(m.anew, "- peak 2") || !strings.Contains(m.anew, "SEV-2") {
		t.Errorf("anew:\n%s", m.anew)
	}
	if twice := again(t, m.text, 2); twice.text != m.text {
		t.Errorf("again:\n%s", twice.text)
	}
	from := strings.Index(first, "<!-- pgmedic:begin summary")
	to := strings.Index(first, "> **To fill in:** users")
	block := first[from:to]
	without := first[:from] + first[to:]
	if m := again(t, without, 2); strings.Contains(m.text, "peak") || !strings.Contains(m.text, "statement 2") {
		t.Errorf("a deleted block came back:\n%s", m.text)
	}
	if m := again(t, block+without, 2); !strings.HasPrefix(m.text, "<!-- pgmedic:begin summary") || strings.Count(m.text, "- peak 2") != 1 {
		t.Errorf("a moved block:\n%s", m.text)
	}
	if m := again(t, block+first, 2); strings.Count(m.text, "- peak 2") != 1 || strings.Count(m.text, "- peak 1") != 1 {
		t.Errorf("a copied block:\n%s", m.text)
	}
	if m := again(t, strings.ReplaceAll(first, "\n", "\r\n"), 2); len(m.kept) != 0 || !strings.Contains(m.text, "- peak 2\r\n") || !strings.Contains(m.text, "users\r\n") {
		t.Errorf("with other line ends, kept %v:\n%q", m.kept, m.text)
	}
}

// A block of a later version comes after the one before it, with its heading; a file without blocks is nobody's but its author's.
func TestNewBlocksAndForeignFiles(t *testing.T) {
	all := templated(1)
	from := strings.Index(all, "## Summary")
	to := strings.Index(all, "## Cause")
	first := generated(all[:from] + all[to:]).text()
	m := again(t, first, 2)
	if at := strings.Index(m.text, "## Summary"); at < strings.Index(m.text, "head 2") || at > strings.Index(m.text, "- peak 2") || strings.Index(m.text, "- peak 2") > strings.Index(m.text, "statement 2") {
		t.Errorf("a new block:\n%s", m.text)
	}
	if twice := again(t, m.text, 2); twice.text != m.text {
		t.Errorf("again:\n%s", twice.text)
	}
	if _, ours := merge("# My own report\n", generated(all)); ours {
		t.Error("a foreign file is taken for a report")
	}
}

// Whatever people write between the blocks survives, byte for byte, and making it anew twice changes nothing.
func TestAnyEditOutsideBlocksSurvives(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := generated(templated(1))
		var people []string
		for i := range d.parts {
			if p := &d.parts[i]; p.id == "" {
				p.body = rapid.StringOfN(rapid.RuneFrom([]rune("ab \t\r\n#>|<!-→\x00é")), 0, 60, -1).Draw(t, "people") + "\n"
				people = append(people, p.body)
			} else if rapid.Bool().Draw(t, "edited") {
				p.body = rapid.StringMatching(`[a-z]{1,8}\n`).Draw(t, "body")
			}
		}
		m := again(t, d.text(), 2)
		rest := m.text
		for _, text := range people {
			_, after, found := strings.Cut(rest, text)
			if !found {
				t.Fatalf("%q is lost from\n%q", text, m.text)
			}
			rest = after
		}
		if twice := again(t, m.text, 2); twice.text != m.text {
			t.Fatalf("again it is\n%q\nnot\n%q", twice.text, m.text)
		}
		for _, id := range []string{"header", "summary", "cause"} {
			if strings.Count(m.text, "pgmedic:begin "+id) != 1 {
				t.Fatalf("%s stands there %d times", id, strings.Count(m.text, "pgmedic:begin "+id))
			}
		}
	})
}
