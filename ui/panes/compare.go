package panes

import (
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/ui/draw"
)

// Compare shows two plans beside each other: the same work in the same lines, what changed marked.
type Compare struct {
	size
	before, after *plan.Plan
	rows          []compareRow
	offset        int
}

// compareRow is one line of both plans; an empty text where a plan has none.
type compareRow struct {
	depth         int
	before, after nodeLine
	changed       bool
}

// Show takes the plans; one may be nil.
func (c *Compare) Show(before, after *plan.Plan) {
	*c = Compare{size: c.size, before: before, after: after}
	for _, pair := range pairs(before, after) {
		c.rows = append(c.rows, compareNodes(pair, analyzed(before), analyzed(after))...)
	}
}

func analyzed(p *plan.Plan) bool { return p != nil && p.Origin.Analyzed }

// pairs aligns the plans; where one is missing, the other's nodes stand alone.
func pairs(before, after *plan.Plan) []plan.Pair {
	var alone []plan.Pair
	switch {
	case before == nil && after == nil:
		return nil
	case before == nil:
		after.Walk(func(n *plan.Node, depth int) { alone = append(alone, plan.Pair{After: n, Depth: depth}) })
	case after == nil:
		before.Walk(func(n *plan.Node, depth int) { alone = append(alone, plan.Pair{Before: n, Depth: depth}) })
	default:
		return plan.Align(before, after)
	}
	return alone
}

func compareNodes(pair plan.Pair, beforeAnalyzed, afterAnalyzed bool) []compareRow {
	var left, right [partCount]nodeLine
	if pair.Before != nil {
		left = byPart(shortLines(pair.Before, beforeAnalyzed))
	}
	if pair.After != nil {
		right = byPart(shortLines(pair.After, afterAnalyzed))
	}
	var rows []compareRow
	for p := range partCount {
		if left[p].text == "" && right[p].text == "" {
			continue
		}
		rows = append(rows, compareRow{pair.Depth, left[p], right[p], changed(left[p], right[p])})
	}
	return rows
}

func byPart(lines []nodeLine) [partCount]nodeLine {
	var list [partCount]nodeLine
	for _, line := range lines {
		list[line.part] = line
	}
	return list
}

// changed says whether a line differs in a way that means something: times are never the same twice, so they count from half as much again.
func changed(before, after nodeLine) bool {
	if before.text == "" || after.text == "" {
		return false
	}
	const noise = 1.5
	switch before.part {
	case partRows:
		return before.figure != after.figure
	case partCost:
		return before.figure > after.figure*noise || after.figure > before.figure*noise
	default:
		return before.text != after.text
	}
}

// Scroll moves by n lines.
func (c *Compare) Scroll(n int) { c.offset = max(c.offset+n, 0) }

// Page returns how many lines are on screen, for page keys.
func (c *Compare) Page() int {
	_, h := c.inner()
	return max(h-len(c.totals()), 1)
}

// View returns exactly h lines of w cells, in a border.
func (c *Compare) View(t *draw.Theme, focused bool) string {
	w, h := c.inner()
	return draw.Box(t, "before | after", joined(c.lines(t, w, h)), c.w, c.h, focused)
}

// between stands between the two plans.
const between = " │ "

// lines draws the comparison without a border: totals, then the two trees.
func (c *Compare) lines(t *draw.Theme, w, h int) []string {
	if len(c.rows) == 0 {
		return []string{t.Secondary.Paint("there are no plans to compare")}
	}
	var lines []string
	for _, total := range c.totals() {
		name := draw.Span{Text: draw.Fit(total.name, 10), Ink: t.Secondary}
		lines = append(lines, draw.Line(w, name, draw.Span{Text: total.text, Ink: total.ink(t)}))
	}
	left := (w - draw.Width(between)) / 2
	right := w - draw.Width(between) - left
	for _, row := range c.heads(left) {
		lines = append(lines, t.Strong.Paint(draw.Fit(row[0], left))+t.Secondary.Paint(between)+t.Strong.Paint(draw.Fit(row[1], right)))
	}
	room := max(h-len(lines), 1)
	c.offset = min(c.offset, max(len(c.rows)-room, 0))
	for _, row := range c.rows[c.offset:min(c.offset+room, len(c.rows))] {
		lines = append(lines, row.draw(t, left, right))
	}
	if below := len(c.rows) - c.offset - room; below > 0 {
		lines[len(lines)-1] = moreLines(t, below+1)
	}
	return lines
}

// heads names the two plans, each on one line, or both on two where one does not fit.
func (c *Compare) heads(w int) [][2]string {
	before, after := "before · "+class(c.before), "after · "+class(c.after)
	row := [2]string{before + " · " + source(c.before), after + " · " + source(c.after)}
	if draw.Width(row[0]) <= w && draw.Width(row[1]) <= w {
		return [][2]string{row}
	}
	return [][2]string{{before, after}, {source(c.before), source(c.after)}}
}

func class(p *plan.Plan) string {
	if p == nil {
		return "no plan"
	}
	return planClass(p.Origin)
}

func source(p *plan.Plan) string {
	if p == nil {
		return draw.Unknown
	}
	return planSource(p)
}

func (r compareRow) draw(t *draw.Theme, left, right int) string {
	indent := draw.Fit("", 2*r.depth+2)
	if r.before.part == partHead && r.after.part == partHead {
		indent = draw.Fit("", 2*r.depth)
	}
	cell := func(line nodeLine, w int, mark bool) string {
		if line.text == "" {
			return draw.Fit("", w)
		}
		ink, glyph := line.ink(t), "  "
		if mark {
			ink, glyph = t.Acted, "◆ "
		}
		return draw.Line(w, draw.Span{Text: indent}, draw.Span{Text: glyph, Ink: t.Acted}, draw.Span{Text: line.text, Ink: ink})
	}
	return cell(r.before, left, false) + t.Secondary.Paint(between) + cell(r.after, right, r.changed)
}

// total is one line above the trees.
type total struct {
	name, text string
	ink        func(*draw.Theme) draw.Ink
}

// totals compares the plans as a whole. A factor stands only between two measured figures of the same kind; estimates say that they are.
func (c *Compare) totals() []total {
	if c.before == nil || c.after == nil {
		return nil
	}
	var list []total
	if why := notAlike(c.before.Origin, c.after.Origin); why != "" {
		list = append(list, total{"▲", why, inWarning})
	}
	if !analyzed(c.before) || !analyzed(c.after) {
		cost := draw.Number(c.before.Root.TotalCost) + " → " + draw.Number(c.after.Root.TotalCost) + " (estimated)"
		return append(list, total{"cost", cost, inText}, total{"rows read", "not measured", inSecondary})
	}
	if before, known := c.before.RowsRead(); known {
		if after, known := c.after.RowsRead(); known {
			list = append(list, total{"rows read", draw.Rows(before) + " → " + draw.Rows(after) + fewer(before, after), inStrong})
		}
	}
	return append(list,
		total{"run time", draw.Duration(c.before.ExecutionTime) + " → " + draw.Duration(c.after.ExecutionTime), inText},
		total{"buffers", draw.Count(buffers(c.before)) + " → " + draw.Count(buffers(c.after)), inText})
}

// fewer is before ÷ max(after, 1), in words.
func fewer(before, after float64) string {
	factor := before / max(after, 1)
	if factor <= 1 {
		return ""
	}
	return " · " + draw.Factor(factor) + " fewer"
}

func buffers(p *plan.Plan) int64 { return p.Root.BlocksHit + p.Root.BlocksRead }

// notAlike says why two plans must not be compared; empty: they are alike.
func notAlike(before, after plan.Origin) string {
	switch {
	case before.Class != after.Class || before.Pattern != after.Pattern:
		return "not like for like: " + planClass(before) + " against " + planClass(after)
	case before.Analyzed != after.Analyzed:
		return "not like for like: measured figures against estimates"
	}
	return ""
}
