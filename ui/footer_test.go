package ui

import (
	"strings"
	"testing"
)

// Of a path that is too long the file's name stays.
func TestPathsKeepTheirEnd(t *testing.T) {
	t.Setenv("HOME", "/home/oncall")
	if got := fromHome("/home/oncall/incidents/x"); got != "~/incidents/x" {
		t.Errorf("got %s", got)
	}
	a := newStory(80, 24, looks[2])
	a.Update(noticeMsg{text: "report written:", path: "/srv/" + strings.Repeat("very/", 20) + "20261123T051207Z-drill/report.md"})
	wantShown(t, a, " report written: …")
	wantShown(t, a, "20261123T051207Z-drill/report.md")
	checkSize(t, a, 80, 24)
}

func TestQuestionBeforeLeavingFitsASmallScreen(t *testing.T) {
	a := newStory(minWidth, minHeight, looks[2])
	progressPage(a)
	press(a, "esc", "q")
	wantShown(t, a, "the work goes on in the server")
	wantShown(t, a, "q leaves, other keys stay")
}
