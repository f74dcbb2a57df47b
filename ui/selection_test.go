package ui

import (
	"testing"
)

func TestStatementPageExplainsAndDrafts(t *testing.T) {
	a := story()
	tell(a, 70, 10)
	press(a, "down", "enter")
	shown, _ := a.selected()
	for _, hint := range []string{"e explain", "d draft", "y copy"} {
		wantShown(t, a, hint)
	}
	if press(a, "e"); a.page != workbench || a.explain.statement != shown.StatementKey {
		t.Errorf("e on the page of statement %d explains %d on page %v", shown.QueryID, a.explain.statement.QueryID, a.page)
	}
	if press(a, "enter", "d"); a.page != playbookPage {
		t.Error("d drafts nothing")
	}
	press(a, "esc")
	if press(a, "?", "e"); a.page != textPage {
		t.Error("e on the help explains a statement")
	}
}

// Looking for something and giving it up leaves the selection where it was.
func TestSelectionComesBackAfterTheFilter(t *testing.T) {
	for _, moves := range [][]string{nil, {"down"}} {
		a := story()
		tell(a, 70, 10)
		press(a, moves...)
		before, _ := a.selected()
		press(a, "/", "users", "enter", "esc")
		if after, _ := a.selected(); after.QueryID != before.QueryID {
			t.Errorf("after moves %v and a filter %d is selected, before it %d", moves, after.QueryID, before.QueryID)
		}
	}
	a := story()
	tell(a, 70, 10)
	press(a, "/", "reports", "enter", "down")
	chosen, _ := a.selected()
	press(a, "esc")
	if after, _ := a.selected(); after.QueryID != chosen.QueryID {
		t.Error("the statement that was moved to under the filter is not selected any more")
	}
}
