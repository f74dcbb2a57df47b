package ui

import (
	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"

	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// prompt asks for one line of text. While it stands, it has the keys.
type prompt struct {
	label   string
	input   textinput.Model
	changed func(text string)         // after each key; may be nil
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
	}
	p.input, _ = p.input.Update(msg)
	if p.changed != nil {
		p.changed(p.input.Value())
	}
	return nil, false
}
