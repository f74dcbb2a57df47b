package ui

import "github.com/pgmedic/pgmedic/ui/panes"

// paneID names a pane of the workbench.
type paneID int

const (
	connectionsPane paneID = iota
	statementsPane
	planPane
	findingsPane
	paneCount
)

// The sizes of the terminal, in cells.
const (
	minWidth, minHeight = 60, 16
	twoColumns          = 80  // from here two panes stand side by side
	threeColumns        = 120 // from here all three
	tickerHeight        = 20  // from here there is a line for the timeline
	headerLines         = 2
)

// spot is where a pane stands on the screen.
type spot struct {
	pane       paneID
	x, y, w, h int
}

// layout is what stands where for one size of the terminal.
type layout struct {
	spots  []spot
	banner []string // lines about trouble
	tabs   bool     // a line that names the panes, because not all are shown
	scrub  int      // lines of a replay's scrub bar
	ticker bool
	guide  bool
	aside  bool // a line for what runs beside other work
	top    int  // first line of the body
	body   int  // lines between the header and the footer's lines
}

// at finds the pane at a cell.
func (l layout) at(x, y int) (spot, bool) {
	for _, s := range l.spots {
		if x >= s.x && x < s.x+s.w && y >= s.y && y < s.y+s.h {
			return s, true
		}
	}
	return spot{}, false
}

func (l layout) shows(p paneID) bool {
	for _, s := range l.spots {
		if s.pane == p {
			return true
		}
	}
	return false
}

func (a *App) tooSmall() bool { return a.width < minWidth || a.height < minHeight }

func (a *App) resize(w, h int) {
	a.width, a.height = w, h
	a.show()
}

// arrange works out what stands where, and gives the panes their sizes. Nothing but this sets a size.
func (a *App) arrange() {
	if a.tooSmall() {
		a.layout = layout{}
		return
	}
	l := layout{banner: a.bannerLines(a.width), ticker: a.height >= tickerHeight, guide: a.deps.Guide != nil && a.height >= tickerHeight}
	l.tabs = a.page == workbench && a.width < threeColumns
	l.top = headerLines + len(l.banner) + lineIf(l.tabs)
	l.aside = a.asideSpans() != nil
	l.scrub = a.scrubLines()
	l.body = a.height - l.top - 1 - lineIf(l.ticker) - lineIf(l.guide) - lineIf(l.aside) - l.scrub
	if a.page == workbench && a.palette == nil {
		l.spots = a.spots(l.top, l.body)
	}
	a.layout = l
	a.header.SetSize(a.width, headerLines)
	a.ticker.SetSize(a.width, 1)
	a.scrub.SetSize(a.width, l.scrub)
	if a.treatment != nil {
		a.treatment.steps.SetSize(a.width, l.body)
	}
	for _, s := range l.spots {
		a.pane(s.pane).SetSize(s.w, s.h)
	}
	a.plan.Wrap(a.zoomed)
	if a.pager != nil {
		a.pager.setSize(a.width, l.body)
	}
}

// isOnScrub says whether a line of the screen is one of the scrub bar.
func (a *App) isOnScrub(y int) bool {
	top := a.layout.top + a.layout.body + lineIf(a.layout.aside)
	return y >= top && y < top+a.layout.scrub
}

// scrubLines is how many lines the scrub bar takes: a second one, for the marks, where there is room.
func (a *App) scrubLines() int {
	switch {
	case !a.isReplay():
		return 0
	case a.height < tickerHeight:
		return 1
	}
	return 2
}

func lineIf(there bool) int {
	if there {
		return 1
	}
	return 0
}

// spots places the panes in the body: the columns, and the findings below them. A zoomed pane has it all.
func (a *App) spots(top, body int) []spot {
	if a.zoomed {
		return []spot{{a.focus, 0, top, a.width, body}}
	}
	below := min(a.found.Lines(a.width), max(3, body/4))
	if a.width < twoColumns {
		return append(columns([]paneID{a.column()}, a.width, top, body-below), spot{findingsPane, 0, top + body - below, a.width, below})
	}
	shown := []paneID{connectionsPane, statementsPane, planPane}
	if a.width < threeColumns {
		shown = []paneID{statementsPane, planPane}
		if a.column() == connectionsPane {
			shown = []paneID{connectionsPane, statementsPane}
		}
	}
	return append(columns(shown, a.width, top, body-below), spot{findingsPane, 0, top + body - below, a.width, below})
}

// column is the pane with the focus, or the last one that had it where the focus is on the findings.
func (a *App) column() paneID {
	if a.focus != findingsPane {
		return a.focus
	}
	return statementsPane
}

// shares are the columns' parts of the width.
var shares = map[paneID]int{connectionsPane: 27, statementsPane: 41, planPane: 32}

// columns puts panes beside each other over the whole width.
func columns(shown []paneID, w, top, h int) []spot {
	total := 0
	for _, p := range shown {
		total += shares[p]
	}
	spots := make([]spot, len(shown))
	x := 0
	for i, p := range shown {
		width := w * shares[p] / total
		if i == len(shown)-1 {
			width = w - x
		}
		spots[i] = spot{p, x, top, width, h}
		x += width
	}
	return spots
}

// pane returns the pane of that name.
func (a *App) pane(p paneID) panes.Pane {
	switch p {
	case connectionsPane:
		return &a.connections
	case statementsPane:
		return &a.statements
	case planPane:
		return &a.plan
	default:
		return &a.found
	}
}
