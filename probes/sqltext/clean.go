package sqltext

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean makes a text from a server harmless for a terminal: C0 and C1 controls, ESC, DEL, bidirectional controls, zero-width characters and invalid UTF-8
// become visible escapes such as \x1B and \u202E. Newlines and tabs stay, CR LF becomes a newline. Backslashes of the text itself stay as they are, so cleaning
// twice changes nothing, but the escapes are for people: they cannot be turned back.
func Clean(text string) string {
	if !needsCleaning(text) {
		return text
	}
	text = strings.ReplaceAll(text, "\r\n", "\n")
	var b strings.Builder
	b.Grow(len(text) + 16)
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02X`, text[i])
		case harmful(r):
			b.WriteString(escape(r))
		default:
			b.WriteString(text[i : i+size])
		}
		i += size
	}
	return b.String()
}

// CleanLine is Clean for text that must stay on one line: newlines, tabs and runs of blanks become one blank; none stay at the ends.
func CleanLine(text string) string {
	return Clean(strings.Join(strings.FieldsFunc(text, isBlank), " "))
}

func needsCleaning(text string) bool {
	return !utf8.ValidString(text) || strings.ContainsFunc(text, harmful)
}

// harmful says whether a terminal could act on the character, or a person be fooled by it. Unicode's format class holds the bidirectional controls and the
// zero-width characters, the joiner too; the plane above U+E0000 holds tags, which spell invisible text.
func harmful(r rune) bool {
	if r == '\n' || r == '\t' {
		return false
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) || r >= 0xE0000 && r <= 0xE0FFF
}

func escape(r rune) string {
	switch {
	case r < 0x80:
		return fmt.Sprintf(`\x%02X`, r)
	case r <= 0xFFFF:
		return fmt.Sprintf(`\u%04X`, r)
	default:
		return fmt.Sprintf(`\U%08X`, r)
	}
}

func isBlank(r rune) bool { return r == ' ' || r >= '\t' && r <= '\r' }
