package ui

import (
	tea "github.com/charmbracelet/bubbletea"

	"github.com/pgmedic/pgmedic/ui/panes"
)

// openActivity opens the page of what goes on in the server beside its statements. It goes along with the samples.
func (a *App) openActivity() tea.Cmd {
	var page panes.Activity
	a.read("activity and locks", func(w int) []string { return page.Lines(a.theme, a.window, w) })
	a.pager.live = true
	return nil
}

func (a *App) whyNoActivity() string {
	if a.window.Last() == nil {
		return "there is no sample yet"
	}
	return ""
}
