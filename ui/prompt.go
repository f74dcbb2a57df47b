package ui

import (
	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"

	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// prompt asks for one line of text. While it stands, it has the keys.
type prompt struct {
	label   string
	hint    string // what its keys do; may be empty
	input   textinput.Model
	changed func(text string)         // after each key; may be nil
	scroll  func(pages, lines int)    // the page behind it; may be nil
	done    func(text string) tea.Cmd // enter
	back    func()                    // esc; may be nil
}

// promptLimit is the most characters that a line of text takes.
const promptLimit = 500

func newPrompt(label, text string) *prompt {
	input := textinput.New()
	input.CharLimit = promptLimit
	input.SetValue(text)
	input.Focus()
	return &prompt{label: label, input: input}
}

// shown is the text, harmless, with a mark where the cursor stands.
func (p *prompt) shown() string {
	text := []rune(p.input.Value())
	at := min(p.input.Position(), len(text))
	return sqltext.Clean(string(text[:at])) + "▏" + sqltext.Clean(string(text[at:]))
}

// scrolls is how far the keys move the page behind a prompt.
var scrolls = map[string]struct{ pages, lines int }{"up": {0, -1}, "down": {0, 1}, "pgup": {-1, 0}, "pgdown": {1, 0}}

// keys takes a key and says whether the prompt is answered or left.
func (p *prompt) keys(msg tea.KeyMsg) (command tea.Cmd, over bool) {
	switch msg.String() {
	case "enter":
		return p.done(p.input.Value()), true
	case "esc":
		if p.back != nil {
			p.back()
		}
		return nil, true
	case "up", "down", "pgup", "pgdown":
		if p.scroll != nil {
			way := scrolls[msg.String()]
			p.scroll(way.pages, way.lines)
			return nil, false
		}
	}
	p.input, _ = p.input.Update(msg)
	if p.changed != nil {
		p.changed(p.input.Value())
	}
	return nil, false
}
