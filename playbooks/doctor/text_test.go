package doctor

import (
	"strings"
	"testing"
)

// A line breaks between words only: neither a version nor a hyphenated word is torn.
func TestWordsStayWhole(t *testing.T) {
	report := Report{Readings: quiet(), Findings: []Finding{{
		Severity: Note, Title: strings.Repeat("word ", 20) + "15.18-0+deb12u1", Means: strings.Repeat("a long-winded well-known thing ", 10),
	}}}
	text := report.Text(ASCII, 60)
	for _, line := range strings.Split(text, "\n")[1:] {
		if len(line) > 60 || strings.HasSuffix(line, "-") {
			t.Errorf("%q", line)
		}
	}
	if !strings.Contains(text, "15.18-0+deb12u1") {
		t.Error(text)
	}
}
