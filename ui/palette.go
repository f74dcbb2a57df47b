package ui

import (
	"cmp"
	"slices"
	"strings"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/sahilm/fuzzy"

	"github.com/pgmedic/pgmedic/ui/draw"
)

// entry is one line of the palette.
type entry struct {
	name  string
	label string // begins with the name
	keys  string
	why   string // why it is not possible now; empty: it is
	do    func() tea.Cmd
}

// palette finds any action or statement by some letters of its name.
type palette struct {
	title   string
	input   *prompt
	entries []entry
	more    func(typed string) (entry, bool) // an entry made of what is typed; nil: there is none
	fixed   int                              // entries that do not depend on what is typed
	matches []found                          // best first
	at      int
}

// openPalette lists what can be done on the page shown.
func (a *App) openPalette() tea.Cmd {
	var entries []entry
	for _, act := range a.actions {
		if act.on&a.page != 0 && act.id != "palette" {
			entries = append(entries, a.actionEntry(act))
		}
	}
	entries = append(entries, a.handEntries()...)
	if a.page == workbench {
		entries = append(entries, a.statementEntries()...)
	}
	a.palette = newPalette("palette", entries)
	return nil
}

func newPalette(title string, entries []entry) *palette {
	p := &palette{title: title, input: newPrompt(": ", ""), entries: entries, fixed: len(entries)}
	p.search()
	return p
}

// actionEntry does an action.
func (a *App) actionEntry(act action) entry {
	return entry{name: act.id, label: act.id + " – " + act.help, keys: act.names()[0], why: a.whyNot(act), do: func() tea.Cmd { return a.act(act) }}
}

// statementEntries select a statement.
func (a *App) statementEntries() []entry {
	var entries []entry
	for _, load := range a.statements.Listed() {
		entries = append(entries, entry{name: "statement", label: "statement – " + statementLine(load), do: func() tea.Cmd {
			a.focus = statementsPane
			a.statements.Select(load.StatementKey)
			return nil
		}})
	}
	return entries
}

// found is an entry that the typed letters match.
type found struct {
	index int   // of the entry
	rank  int   // lower is better
	hits  []int // the bytes of its label that match
}

// search finds the entries that the typed letters match; all of them before anything is typed.
func (p *palette) search() {
	p.at, p.matches = 0, nil
	typed := strings.ToLower(p.input.input.Value())
	p.entries = p.entries[:p.fixed:p.fixed]
	if p.more != nil {
		if e, made := p.more(p.input.input.Value()); made {
			p.matches = append(p.matches, found{index: len(p.entries), rank: typedItself})
			p.entries = append(p.entries, e)
		}
	}
	for i, e := range p.entries[:p.fixed] {
		if rank, hits := e.match(typed); rank != noMatch {
			p.matches = append(p.matches, found{i, rank, hits})
		}
	}
	slices.SortStableFunc(p.matches, func(x, y found) int { return cmp.Compare(x.rank, y.rank) })
}

const (
	noMatch     = -1
	typedItself = -2 // what was typed, before what it is found in
)

// match ranks an entry: the beginning of a word of its name, of a word of its label, anywhere, then letters scattered over its name.
func (e entry) match(typed string) (rank int, hits []int) {
	label := strings.ToLower(e.label)
	if at := wordStart(label[:min(len(e.name), len(label))], typed); at >= 0 {
		return 0, letters(at, len(typed))
	}
	if at := wordStart(label, typed); at >= 0 {
		return 1, letters(at, len(typed))
	}
	if at := strings.Index(label, typed); at >= 0 {
		return 2, letters(at, len(typed))
	}
	if scattered := fuzzy.Find(typed, []string{e.name}); len(scattered) > 0 {
		return 3, scattered[0].MatchedIndexes
	}
	return noMatch, nil
}

// wordStart is where a word begins with the prefix, negative where none does.
func wordStart(text, prefix string) int {
	if strings.HasPrefix(text, prefix) {
		return 0
	}
	at := strings.Index(text, " "+prefix)
	if at < 0 {
		return at
	}
	return at + 1
}

func letters(at, n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = at + i
	}
	return list
}

// paletteKey takes a key while the palette is open.
func (a *App) paletteKey(msg tea.KeyMsg) tea.Cmd {
	p := a.palette
	switch msg.String() {
	case "esc", "ctrl+k":
		a.palette = nil
	case "up", "ctrl+p":
		p.at = max(p.at-1, 0)
	case "down", "ctrl+n":
		p.at = min(p.at+1, max(len(p.matches)-1, 0))
	case "enter":
		a.palette = nil
		if p.at < len(p.matches) {
			return p.entries[p.matches[p.at].index].do()
		}
	default:
		before := p.input.input.Value()
		p.input.input, _ = p.input.input.Update(msg)
		if p.input.input.Value() != before {
			p.search()
		}
	}
	return nil
}

// view draws the palette in the place of the body.
func (p *palette) view(t *draw.Theme, w, h int) string {
	inner, rows := draw.Inner(w, h)
	lines := []string{draw.Line(inner, draw.Span{Text: " : ", Ink: t.Acted}, draw.Span{Text: p.input.shown()}), ""}
	rows = max(rows-len(lines), 1)
	first := max(0, p.at-rows+1)
	for i := first; i < min(first+rows, len(p.matches)); i++ {
		lines = append(lines, p.row(t, i, inner))
	}
	if len(p.matches) == 0 {
		lines = append(lines, draw.Line(inner, draw.Span{Text: " nothing matches", Ink: t.Secondary}))
	}
	return draw.Box(t, p.title, strings.Join(lines, "\n"), w, h, true)
}

func (p *palette) row(t *draw.Theme, i, w int) string {
	match := p.matches[i]
	e := p.entries[match.index]
	text, hit := t.Text, t.Match
	if e.why != "" {
		text = t.Secondary
	}
	if i == p.at {
		text, hit = t.Selected, t.Marked
	}
	spans := []draw.Span{{Text: " " + draw.Fit(e.keys, 10), Ink: text}}
	for at, r := range e.label {
		ink := text
		if slices.Contains(match.hits, at) {
			ink = hit
		}
		spans = append(spans, draw.Span{Text: string(r), Ink: ink})
	}
	if e.why != "" {
		spans = append(spans, draw.Span{Text: " · " + e.why, Ink: text})
	}
	return draw.Line(w, spans...)
}
