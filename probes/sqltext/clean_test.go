package sqltext

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestClean(t *testing.T) {
	cases := map[string]string{
		"SELECT 'é', '日本', '👍'\n\t-- x": "SELECT 'é', '日本', '👍'\n\t-- x",
		"\x1b]52;c;cm0gLXJm\x07":        `\x1B]52;c;cm0gLXJm\x07`,
		"a\x00b\x7fc\u0085d\u009be":     `a\x00b\x7Fc\u0085d\u009Be`,
		"a\r\nb\rc":                     "a\nb\\x0Dc",
		"\u202eevil\u2066\u200f\u061c":  `\u202Eevil\u2066\u200F\u061C`,
		"a\u200bb\u200dc\u2060d\ufeffe": `a\u200Bb\u200Dc\u2060d\uFEFFe`,
		"a\u2028b\u2029c":               `a\u2028b\u2029c`,
		"a\U000E0041\U000E0001":         `a\U000E0041\U000E0001`,
		"a\xffb\xc3":                    `a\xFFb\xC3`,
		"\uFFFD is a character":         "\uFFFD is a character",
		"":                              "",
	}
	for text, want := range cases {
		if got := Clean(text); got != want {
			t.Errorf("Clean(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestCleanLine(t *testing.T) {
	cases := map[string]string{
		" psql \t\n -- x\r\n": "psql -- x",
		"a\x1b[2J\nb":         `a\x1B[2J b`,
		"a\u2028b\u0085c":     `a\u2028b\u0085c`,
	}
	for text, want := range cases {
		if got := CleanLine(text); got != want {
			t.Errorf("CleanLine(%q) = %q, want %q", text, got, want)
		}
	}
}

func FuzzClean(f *testing.F) {
	for _, seed := range []string{"\x1b[31m", "\r\r\n\n", "a\xed\xa0\x80b", "\u202e\U000E0020", `\x1B`, "SELECT 1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		clean := Clean(text)
		if !utf8.ValidString(clean) {
			t.Errorf("%q is not valid", clean)
		}
		for _, r := range clean {
			if unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.In(r, unicode.Bidi_Control, unicode.Join_Control, unicode.Cf) {
				t.Errorf("%q holds %U", clean, r)
			}
		}
		if again := Clean(clean); again != clean {
			t.Errorf("cleaning %q again makes %q", clean, again)
		}
		if line := CleanLine(text); strings.ContainsAny(line, "\n\t") || CleanLine(line) != line {
			t.Errorf("CleanLine(%q) = %q", text, line)
		}
	})
}
