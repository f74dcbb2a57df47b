package draw

import (
	"io"
	"strings"
	"testing"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"
	"pgregory.net/rapid"
)

func testTheme(profile termenv.Profile, ascii bool) *Theme {
	r := lipgloss.NewRenderer(io.Discard)
	r.SetColorProfile(profile)
	return NewTheme(r, true, ascii)
}

func TestFit(t *testing.T) {
	for _, c := range []struct {
		text string
		w    int
		want string
	}{
		{"held", 6, "held  "}, {"held", 4, "held"}, {"statement", 6, "state…"}, {"", 2, "  "}, {"x", 0, ""}, {"x", -1, ""},
		{"日本語", 4, "日… "}, {"日本語", 6, "日本語"}, {"a\nb\tc", 5, "a b c"}, {"\x1b[31mred\x1b[0m", 4, "\x1b[31mred\x1b[0m "},
	} {
		if got := Fit(c.text, c.w); got != c.want {
			t.Errorf("Fit(%q, %d) = %q, want %q", c.text, c.w, got, c.want)
		}
	}
	if got := Right("84", 5); got != "   84" {
		t.Errorf("Right = %q", got)
	}
}

// anyText is what may come from a server once it was cleaned: letters of one and of two cells, combining marks, emoji, newlines.
func anyText() *rapid.Generator[string] {
	return rapid.StringOf(rapid.SampledFrom([]rune("abcdefgh  …日本語👩🚀éßж́\n\t–◀▲")))
}

func TestLinesHaveTheirWidth(t *testing.T) {
	theme := testTheme(termenv.TrueColor, false)
	rapid.Check(t, func(t *rapid.T) {
		w := rapid.IntRange(0, 60).Draw(t, "w")
		a, b := anyText().Draw(t, "a"), anyText().Draw(t, "b")
		left, right := []Span{{a, theme.Critical}, {b, theme.Text}}, []Span{{b, theme.Good}}
		for name, line := range map[string]string{"Fit": Fit(a, w), "Right": Right(a, w), "Line": Line(w, left...), "Ends": Ends(w, left, right)} {
			if Width(line) != w || strings.Contains(line, "\n") {
				t.Fatalf("%s(%q, %q) is %q: %d cells, want %d", name, a, b, line, Width(line), w)
			}
		}
		for _, row := range Wrap(a, w) {
			if w > 1 && Width(row) > w {
				t.Fatalf("Wrap(%q, %d) has the row %q", a, w, row)
			}
		}
	})
}

func TestLineSaysThatItIsCut(t *testing.T) {
	for _, c := range []struct {
		w    int
		want string
	}{{6, "onetwo"}, {5, "onet…"}, {3, "on…"}, {8, "onetwo  "}, {0, ""}} {
		if got := Line(c.w, Span{Text: "one"}, Span{Text: "two"}); got != c.want {
			t.Errorf("Line(%d) = %q, want %q", c.w, got, c.want)
		}
	}
}

func TestEndsKeepsTheRight(t *testing.T) {
	if got := Ends(12, []Span{{Text: "a long name"}}, []Span{{Text: " 98 %"}}); got != "a long… 98 %" {
		t.Errorf("got %q", got)
	}
}

func TestNoColourMeansNoEscapes(t *testing.T) {
	theme := testTheme(termenv.Ascii, false)
	for _, ink := range []Ink{theme.Critical, theme.Selected, theme.Match, theme.Strong} {
		if got := ink.Paint("x"); got != "x" {
			t.Errorf("painted %q", got)
		}
	}
	if colour := testTheme(termenv.ANSI, false).Critical.Paint("x"); !strings.Contains(colour, "\x1b[") {
		t.Errorf("16 colours: painted %q", colour)
	}
}

func TestFinishDrawsInASCII(t *testing.T) {
	theme := testTheme(termenv.Ascii, true)
	screen := Box(theme, "1 connections", "▲ ×9.5 since 16:15 … ⣿⣀⠉ é", 32, 3, true)
	finished := theme.Finish(screen)
	for i, line := range strings.Split(finished, "\n") {
		if Width(line) != 32 {
			t.Errorf("line %d changed its width: %q", i, line)
		}
	}
	if rest := strings.ReplaceAll(finished, "é", ""); !isPlain(strings.ReplaceAll(rest, "\n", "")) {
		t.Errorf("not ASCII: %q", rest)
	}
	if plain := testTheme(termenv.Ascii, false); plain.Finish(screen) != screen {
		t.Error("a Unicode theme changed the screen")
	}
}

func TestRepaint(t *testing.T) {
	theme := testTheme(termenv.TrueColor, false)
	got := Repaint(theme.Secondary, theme.Critical.Paint("a")+"b\nc")
	if want := theme.Secondary.Paint("ab") + "\n" + theme.Secondary.Paint("c"); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
