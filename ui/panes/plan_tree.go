package panes

import (
	"slices"
	"strings"

	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/ui/draw"
)

// PlanTree is the pane of one EXPLAIN tree, or of a note why there is none.
type PlanTree struct {
	size
	plan   *plan.Plan
	note   string
	foot   []string // lines below the plan beside its own
	nodes  []treeNode
	lines  []treeLine
	hot    *plan.Node
	cursor cursor // at: index of nodes
	offset int    // first line on screen
	wrapAt int    // the width that long lines are wrapped to; 0: they are cut
}

// treeNode is a node with where its lines begin and end.
type treeNode struct {
	node        *plan.Node
	first, last int
}

// treeLine is a line with the branches that stand before it.
type treeLine struct {
	nodeLine
	branches string
	node     int
}

// Show shows a plan, its hottest node selected; foot stands below it, above what the plan itself says of how it was made.
func (p *PlanTree) Show(pl *plan.Plan, foot ...string) {
	*p = PlanTree{size: p.size, plan: pl, foot: foot, wrapAt: p.wrapAt}
	if pl == nil || pl.Root == nil {
		p.plan = nil
		return
	}
	p.hot = pl.Hottest()
	p.layOut()
	for i, n := range p.nodes {
		if n.node == p.hot {
			p.cursor.at = i
		}
	}
}

// Wrap says whether long lines go on below, as far as the pane's width at this time needs it, or are cut.
func (p *PlanTree) Wrap(on bool) {
	at := 0
	if on {
		at, _ = p.inner()
	}
	if at == p.wrapAt {
		return
	}
	p.wrapAt = at
	if p.plan != nil {
		p.layOut()
	}
}

// layOut makes the lines of the tree.
func (p *PlanTree) layOut() {
	p.nodes, p.lines = nil, nil
	p.add(p.plan.Root, "", "")
}

// add appends a node and those below it; head stands before its first line, rest before its others.
func (p *PlanTree) add(n *plan.Node, head, rest string) {
	index := len(p.nodes)
	p.nodes = append(p.nodes, treeNode{node: n, first: len(p.lines)})
	inside := rest + "  "
	if len(n.Children) > 0 {
		inside = rest + "│ "
	}
	for i, line := range shortLines(n, p.plan.Origin.Analyzed) {
		branches := inside
		if i == 0 {
			branches = head
		}
		p.addLine(line, branches, index)
	}
	p.nodes[index].last = len(p.lines) - 1
	for i, child := range n.Children {
		if i < len(n.Children)-1 {
			p.add(child, rest+"├ ", rest+"│ ")
		} else {
			p.add(child, rest+"└ ", rest+"  ")
		}
	}
}

// addLine appends a line; what is wrapped goes on a little to the right below it. A head keeps its one line.
func (p *PlanTree) addLine(line nodeLine, branches string, node int) {
	const deeper = "  "
	room := p.wrapAt - draw.Width(branches+deeper)
	if p.wrapAt == 0 || line.part == partHead || draw.Width(line.text) <= room {
		p.lines = append(p.lines, treeLine{line, branches, node})
		return
	}
	for i, row := range draw.Wrap(line.text, max(room, 10)) {
		if line.text = row; i > 0 {
			line.text = deeper + row
		}
		p.lines = append(p.lines, treeLine{line, branches, node})
	}
}

// ShowNote shows a text in place of a plan: what to press, that it is being planned, why there is none.
func (p *PlanTree) ShowNote(text string) {
	*p = PlanTree{size: p.size, note: text, wrapAt: p.wrapAt}
}

// Plan returns the plan shown; nil where a note is.
func (p *PlanTree) Plan() *plan.Plan { return p.plan }

// Move moves the selection by n nodes.
func (p *PlanTree) Move(n int) { p.cursor.move(n, len(p.nodes)) }

// Page returns about how many nodes are on screen, for page keys.
func (p *PlanTree) Page() int {
	const linesOfNode = 4
	_, h := p.inner()
	return max(h/linesOfNode, 1)
}

// visible returns the lines on screen: the selected node is among them, its first line above all.
func (p *PlanTree) visible(room int) (int, int) {
	if len(p.nodes) == 0 {
		return 0, 0
	}
	node := p.nodes[p.cursor.at]
	scroll := cursor{at: node.last, offset: p.offset}
	scroll.visible(len(p.lines), room)
	scroll.at = node.first
	first, last := scroll.visible(len(p.lines), room)
	p.offset = first
	return first, last
}

// footerLines is one line in a pane that has room for it, and more where there is something to know of the plan's values.
func (p *PlanTree) footerLines() int {
	w, h := p.inner()
	if h < 4 {
		return 0
	}
	if p.plan == nil {
		return 1
	}
	return max(min(len(p.notes(w)), h/3), 1)
}

// notes are the lines below the plan.
func (p *PlanTree) notes(w int) []string {
	return append(slices.Clone(p.foot), planNotes(p.plan, w)...)
}

// View returns exactly h lines of w cells.
func (p *PlanTree) View(t *draw.Theme, focused bool) string {
	w, h := p.inner()
	if p.plan == nil {
		return draw.Box(t, "3 plan", joined(noteLines(t, []string{p.note}, w, h)), p.w, p.h, focused)
	}
	room := max(h-p.footerLines(), 1)
	first, last := p.visible(room)
	var lines []string
	for _, line := range p.lines[first:last] {
		lines = append(lines, p.line(t, line, w, focused))
	}
	if p.footerLines() > 0 {
		for len(lines) < room {
			lines = append(lines, "")
		}
		notes := p.notes(w)
		for _, note := range append(notes[:p.footerLines()-1:p.footerLines()-1], notes[len(notes)-1]) {
			lines = append(lines, t.Secondary.Paint(draw.Fit(note, w)))
		}
	}
	return draw.Box(t, "3 plan · "+planClass(p.plan.Origin), joined(lines), p.w, p.h, focused)
}

// line draws one line of the tree. The hottest node's head carries its share at the right end, where a long name cannot push it out.
func (p *PlanTree) line(t *draw.Theme, line treeLine, w int, focused bool) string {
	node := p.nodes[line.node].node
	head := line.part == partHead
	ink := line.ink(t)
	var right []draw.Span
	if node == p.hot && head {
		ink = t.Critical
		right = []draw.Span{{Text: " " + hotMark(p.plan, node), Ink: t.Critical}}
	}
	branches := draw.Span{Text: line.branches, Ink: t.Secondary}
	if focused && head && line.node == p.cursor.at {
		ink, branches.Ink = t.Selected, t.Selected
		for i := range right {
			right[i].Ink = t.Selected
		}
		pad := max(w-draw.Width(line.branches+line.text)-draw.SpansWidth(right), 0)
		line.text += strings.Repeat(" ", pad)
	}
	return draw.Ends(w, []draw.Span{branches, {Text: line.text, Ink: ink}}, right)
}
