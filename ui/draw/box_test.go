package draw

import (
	"strings"
	"testing"

	"github.com/muesli/termenv"
	"pgregory.net/rapid"
)

func TestBox(t *testing.T) {
	theme := testTheme(termenv.Ascii, false)
	want := "" +
		"╭─ ▸ plan ─────╮\n" +
		"│Limit         │\n" +
		"│              │\n" +
		"╰──────────────╯"
	if got := Box(theme, "plan", "Limit", 16, 4, true); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := Box(theme, "plan", "Limit", 5, 2, false); got != "Limit\n     " {
		t.Errorf("a box without room for a border is %q", got)
	}
}

func TestBoxesHaveTheirSize(t *testing.T) {
	theme := testTheme(termenv.TrueColor, false)
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(1, 90).Draw(t, "w"), rapid.IntRange(1, 20).Draw(t, "h")
		box := Box(theme, anyText().Draw(t, "title"), anyText().Draw(t, "body"), w, h, rapid.Bool().Draw(t, "focused"))
		lines := strings.Split(box, "\n")
		if len(lines) != h {
			t.Fatalf("%d lines, want %d", len(lines), h)
		}
		for _, line := range lines {
			if Width(line) != w {
				t.Fatalf("%d cells in %q, want %d", Width(line), line, w)
			}
		}
	})
}

func TestSideBySide(t *testing.T) {
	if got := SideBySide("a\nb", "1\n2", "x\ny"); got != "a1x\nb2y" {
		t.Errorf("got %q", got)
	}
}

func TestBar(t *testing.T) {
	for _, c := range []struct {
		share float64
		want  string
	}{{0, "░░░░"}, {0.5, "██░░"}, {0.97, "███▉"}, {1, "████"}, {7, "████"}, {-1, "░░░░"}} {
		if got := Bar(Ink{}, Ink{}, c.share, 4); got != c.want {
			t.Errorf("Bar(%v) = %q, want %q", c.share, got, c.want)
		}
	}
}
