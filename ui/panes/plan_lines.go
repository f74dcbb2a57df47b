package panes

import (
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/ui/draw"
)

// part says which field of a node a line shows, so that two plans' lines of the same field stand beside each other.
type part int

const (
	partHead part = iota
	partRows
	partCondition
	partFilter
	partJoin
	partCost
	partCount
)

// nodeLine is one line about a plan's node.
type nodeLine struct {
	part   part
	text   string
	figure float64 // the line's number, to compare it with another plan's
	ink    func(*draw.Theme) draw.Ink
}

func inText(t *draw.Theme) draw.Ink      { return t.Text }
func inStrong(t *draw.Theme) draw.Ink    { return t.Strong }
func inSecondary(t *draw.Theme) draw.Ink { return t.Secondary }
func inWarning(t *draw.Theme) draw.Ink   { return t.Warning }

// nodeLines says what a node does and what it cost, the head first. analyzed: the plan has actual figures.
func nodeLines(n *plan.Node, analyzed bool) []nodeLine {
	lines := []nodeLine{{part: partHead, text: nodeHead(n), ink: inStrong}, rowsLine(n, analyzed)}
	condition := func(p part, name, text string) {
		if text != "" {
			lines = append(lines, nodeLine{part: p, text: name + " " + text, ink: inSecondary})
		}
	}
	condition(partCondition, "cond", firstOf(n.IndexCond, n.HashCond, n.MergeCond, n.RecheckCond))
	condition(partFilter, "filter", firstOf(n.Filter, n.OneTimeFilter))
	condition(partJoin, "join filter", n.JoinFilter)
	return append(lines, costLine(n, analyzed))
}

// shortLines puts rows and time on one line for nodes that only pass rows on: a tree is mostly those, and the scans must stay on screen.
func shortLines(n *plan.Node, analyzed bool) []nodeLine {
	lines := nodeLines(n, analyzed)
	if last := len(lines) - 1; !n.IsScan() && (n.Executed || !analyzed) {
		lines[1].text += " · " + lines[last].text
		lines = lines[:last]
	}
	return lines
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// nodeHead names the node and what it works on.
func nodeHead(n *plan.Node) string {
	name := n.Type
	if n.Parallel {
		name = "Parallel " + name
	}
	switch {
	case n.Index != "":
		return name + " ▸ " + n.Index
	case n.Relation != "":
		return name + " ▸ " + n.Relation
	case len(n.SortKey) > 0:
		return name + " " + strings.Join(n.SortKey, ", ")
	case n.Executed && n.WorkersPlanned > 0:
		return name + " · " + draw.Counted(int64(n.WorkersLaunched), "worker", "workers") + " + leader"
	case n.WorkersPlanned > 0:
		return name + " · " + draw.Counted(int64(n.WorkersPlanned), "worker", "workers") + " planned"
	case n.JoinType != "" && n.JoinType != "Inner":
		return name + " · " + n.JoinType
	}
	return name
}

// misestimate is how far the planner's rows must be off to be pointed at.
const misestimate = 10

// rowsLine says how many rows came out of how many read, over all loops; without actual figures it gives the planner's rows and says so.
func rowsLine(n *plan.Node, analyzed bool) nodeLine {
	line := nodeLine{part: partRows, ink: inText}
	switch {
	case !analyzed:
		line.figure = n.PlanRows
		line.text = "est " + rowsOf(n.PlanRows)
		return line
	case !n.Executed:
		line.text, line.ink = "never executed", inSecondary
		return line
	}
	kept, planned := n.ActualRows*n.Loops, n.PlanRows*n.Loops
	line.text, line.figure = "est "+draw.Rows(planned)+" → ", kept
	if read, known := n.RowsRead(); known {
		line.figure = read
		line.text += "kept " + draw.Rows(kept) + " of " + rowsOf(read)
	} else {
		line.text += rowsOf(kept)
	}
	if off := max(planned, 1) / max(kept, 1); off >= misestimate || off <= 1.0/misestimate {
		line.ink = inWarning
	}
	return line
}

func rowsOf(n float64) string {
	if n == 1 {
		return "1 row"
	}
	return draw.Rows(n) + " rows"
}

// costLine is the node's own time, loops, buffers and spills; without actual figures its own cost.
func costLine(n *plan.Node, analyzed bool) nodeLine {
	line := nodeLine{part: partCost, ink: inSecondary}
	own, known := n.OwnTime()
	if !analyzed || !known {
		line.figure = n.OwnCost()
		line.text = "own cost " + draw.Number(line.figure)
		return line
	}
	line.figure = own.Seconds()
	line.text = "own " + draw.Duration(own)
	if n.Loops > 1 {
		line.text += " · " + draw.Rows(n.Loops) + " loops"
	}
	if blocks := n.BlocksHit + n.BlocksRead; blocks > 0 && n.IsScan() {
		line.text += " · " + draw.Counted(blocks, "buffer", "buffers")
	}
	if n.SortSpaceType == "Disk" || n.TempWritten > 0 {
		line.text += " · spills to disk"
	}
	return line
}

// share is the node's part of the plan's time, or of its cost without actual figures.
func share(p *plan.Plan, n *plan.Node) float64 {
	own, known := n.OwnTime()
	if p.Origin.Analyzed && known {
		whole := max(p.ExecutionTime, p.Root.ActualTotal)
		return ratio(own.Seconds(), whole.Seconds())
	}
	return ratio(n.OwnCost(), p.Root.TotalCost)
}

func ratio(part, whole float64) float64 {
	if whole <= 0 {
		return 0
	}
	return min(max(part/whole, 0), 1)
}

// hotMark points at the hottest node.
func hotMark(p *plan.Plan, n *plan.Node) string {
	of := ""
	if !p.Origin.Analyzed {
		of = " of est cost"
	}
	return "◀ " + draw.Percent(share(p, n)) + of
}

// planClass names for which values a plan was made.
func planClass(o plan.Origin) string {
	if o.Pattern != "" {
		return string(o.Class) + " “" + o.Pattern + "”"
	}
	return string(o.Class)
}

// planSource says how and when a plan was made.
func planSource(p *plan.Plan) string {
	text := "estimates only " + draw.Clock(p.Origin.TakenAt, time.UTC)
	if p.Origin.Analyzed {
		text = "ANALYZE " + draw.Clock(p.Origin.TakenAt, time.UTC) + " · ran " + draw.Duration(p.ExecutionTime)
	}
	if p.Origin.Path != "" {
		text += " · planned with the search_path of " + p.Origin.Path
	}
	return text
}

// planNotes are the lines below a plan: what a reader must know of its values, and how and when it was made.
func planNotes(p *plan.Plan, w int) []string {
	lines := []string{planSource(p)}
	if p.Origin.Note != "" {
		lines = append(draw.Wrap(p.Origin.Note, w), lines...)
	}
	return lines
}
