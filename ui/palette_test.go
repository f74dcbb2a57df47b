package ui

import (
	"testing"
)

func TestPaletteRanksWords(t *testing.T) {
	a := story()
	tell(a, 70, 10)
	for typed, want := range map[string]string{"ind": "draft", "rep": "report", "zoom": "zoom", "qt": "quit"} {
		press(a, ":", typed)
		p := a.palette
		if len(p.matches) == 0 || p.entries[p.matches[0].index].name != want {
			t.Errorf("%q finds %v first, want %s", typed, p.matches, want)
		}
		for _, m := range p.matches {
			if e := p.entries[m.index]; m.rank == 3 && len(m.hits) > 0 && m.hits[len(m.hits)-1] >= len(e.name) {
				t.Errorf("%q is scattered over the description of %s", typed, e.name)
			}
		}
		press(a, "esc")
	}
}
