package ui

import (
	"slices"

	tea "github.com/charmbracelet/bubbletea"
)

// keys gives a key to who has the keys: a question, a line of text, the palette, else the page's actions. A terminal may send several keys at
// once; they are taken one by one. A paste is text for a line of text and nothing else.
func (a *App) keys(msg tea.KeyMsg) tea.Cmd {
	var commands []tea.Cmd
	for _, key := range split(msg) {
		commands = append(commands, a.key(key))
	}
	a.show()
	return tea.Batch(commands...)
}

func split(msg tea.KeyMsg) []tea.KeyMsg {
	if msg.Type != tea.KeyRunes || msg.Paste || len(msg.Runes) < 2 {
		return []tea.KeyMsg{msg}
	}
	keys := make([]tea.KeyMsg, len(msg.Runes))
	for i, r := range msg.Runes {
		keys[i] = tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}, Alt: msg.Alt}
		if r == ' ' {
			keys[i].Type = tea.KeySpace
		}
	}
	return keys
}

func (a *App) key(msg tea.KeyMsg) tea.Cmd {
	a.notice, a.touched = notice{}, true
	switch {
	case msg.Type == tea.KeyCtrlC:
		return tea.Quit
	case a.leaving:
		a.leaving = false
		if msg.String() == "q" {
			return tea.Quit
		}
		return nil
	case a.palette != nil:
		return a.paletteKey(msg)
	case a.prompt != nil:
		asked := a.prompt
		command, over := asked.keys(msg)
		if over && a.prompt == asked {
			a.prompt = nil
		}
		return command
	case a.isAwaitingPrompt() && (msg.Type == tea.KeyRunes || msg.Type == tea.KeySpace):
		return nil // the beginning of the word must not be taken for commands
	case a.isAwaitingPrompt() && msg.Type == tea.KeyEsc:
		a.treatment.asked = false
		return nil
	}
	if act, found := a.actionOf(msg.String()); found {
		return a.act(act)
	}
	return nil
}

// isAwaitingPrompt says whether the word will be asked for on this page as soon as the preflight is done.
func (a *App) isAwaitingPrompt() bool {
	t := a.treatment
	return a.page == playbookPage && t != nil && t.stage == preparing && t.asked
}

// hasQuestion says whether something stands over the page and has the keys.
func (a *App) hasQuestion() bool { return a.prompt != nil || a.palette != nil || a.leaving }

// actionOf finds the action of a key on the page shown.
func (a *App) actionOf(key string) (action, bool) {
	i := slices.IndexFunc(a.actions, func(act action) bool { return act.on&a.page != 0 && slices.Contains(act.keys, key) })
	if i < 0 {
		return action{}, false
	}
	return a.actions[i], true
}

// act does an action, or says why it is not possible.
func (a *App) act(act action) tea.Cmd {
	if why := a.whyNot(act); why != "" {
		a.tell(act.names()[0]+" "+act.id+": "+why, true)
		return nil
	}
	return act.do(a)
}

// mouse moves with the wheel and focuses with a click.
func (a *App) mouse(msg tea.MouseMsg) tea.Cmd {
	if a.hasQuestion() {
		return nil
	}
	a.touched = true
	switch {
	case msg.Button == tea.MouseButtonWheelUp:
		a.move(-1)
	case msg.Button == tea.MouseButtonWheelDown:
		a.move(1)
	case msg.Button == tea.MouseButtonLeft && msg.Action == tea.MouseActionPress && a.isOnScrub(msg.Y):
		if at, ok := a.scrub.TimeAt(msg.X); ok {
			a.deps.Player.Seek(at)
		}
	case msg.Button == tea.MouseButtonLeft && msg.Action == tea.MouseActionPress && a.page == workbench:
		a.click(msg.X, msg.Y)
	}
	a.show()
	return nil
}

func (a *App) click(x, y int) {
	s, found := a.layout.at(x, y)
	if !found {
		return
	}
	a.focus = s.pane
	switch s.pane {
	case statementsPane:
		a.statements.ClickRow(y - s.y)
	case findingsPane:
		a.found.ClickRow(y - s.y)
	}
}
