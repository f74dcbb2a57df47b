package panes

import (
	"strings"

	"github.com/pgmedic/pgmedic/ui/draw"
)

// grid is rows of cells that stand under each other. The last column takes what is left of the width; a column that holds nothing is left out.
type grid struct {
	heads []head
	rows  []gridRow
	folds bool // where it is narrow, the last column stands below each row
}

// head names a column; figures stand at its right.
type head struct {
	name  string
	right bool
}

// gridRow is a row of cells, or a text over the whole width.
type gridRow struct {
	ink   draw.Ink
	cells []string
	text  string
}

const (
	// columnGap is the blank between two columns.
	columnGap = 2
	// leastColumn is how narrow a column becomes for the others' sake.
	leastColumn = 8
	// foldBelow is the width from which on all columns stand beside each other.
	foldBelow = 110
	// foldMargin stands before what is below its row.
	foldMargin = "       "
)

func newGrid(heads ...head) *grid { return &grid{heads: heads} }

func (g *grid) row(ink draw.Ink, cells ...string) {
	g.rows = append(g.rows, gridRow{ink: ink, cells: cells})
}

// below adds a text under the row before.
func (g *grid) below(ink draw.Ink, text string) {
	g.rows = append(g.rows, gridRow{ink: ink, text: text})
}

// lines draws the grid, the columns' names first.
func (g *grid) lines(t *draw.Theme, w int) []string {
	if len(g.rows) == 0 {
		return nil
	}
	names := make([]string, len(g.heads))
	for i, h := range g.heads {
		names[i] = h.name
	}
	widths := g.widths(w)
	folded := g.folds && w < foldBelow
	lines := []string{draw.Line(w, draw.Span{Text: g.joined(names, widths), Ink: t.Secondary})}
	for _, row := range g.rows {
		text := row.text
		if row.cells != nil {
			text = g.joined(row.cells, widths)
		}
		lines = append(lines, draw.Line(w, draw.Span{Text: text, Ink: row.ink}))
		if folded && row.cells != nil && row.cells[len(row.cells)-1] != "" {
			lines = append(lines, draw.Line(w, draw.Span{Text: foldMargin + row.cells[len(row.cells)-1], Ink: row.ink}))
		}
	}
	return lines
}

func (g *grid) joined(cells []string, widths []int) string {
	var b strings.Builder
	for i, width := range widths {
		switch {
		case width == 0:
			continue
		case g.heads[i].right:
			b.WriteString(draw.Right(cells[i], width))
		default:
			b.WriteString(draw.Fit(cells[i], width))
		}
		b.WriteString(strings.Repeat(" ", columnGap))
	}
	return strings.TrimRight(b.String(), " ")
}

// widths gives each column what its longest cell takes; where that is more than there is, the widest give way.
func (g *grid) widths(w int) []int {
	widths := make([]int, len(g.heads))
	for _, row := range g.rows {
		for i, cell := range row.cells {
			widths[i] = max(widths[i], draw.Width(cell))
		}
	}
	if g.folds && w < foldBelow {
		widths[len(widths)-1] = 0
	}
	total := 0
	for i, h := range g.heads {
		if widths[i] > 0 {
			widths[i] = max(widths[i], draw.Width(h.name))
			total += widths[i] + columnGap
		}
	}
	for over := total - columnGap - w; over > 0; over-- {
		widest := 0
		for i := range widths {
			if widths[i] >= widths[widest] {
				widest = i
			}
		}
		if widths[widest] <= leastColumn {
			break
		}
		widths[widest]--
	}
	return widths
}
