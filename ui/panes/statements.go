package panes

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/ui/draw"
)

// Statements is the pane of what the server is busy with: a table of statements, those that hold the most connections first.
type Statements struct {
	size
	staleness
	cursor cursor
	pinned bool // the person has moved: the selection stays with its statement
	chosen probes.StatementLoad
	filter string
	before *selection // at the time the filter came; nil: there is none, or the person moved since

	loads []probes.StatementLoad // all
	rows  []statementRow         // those that match the filter
	texts texts
	held  bool          // the server tells which statement a connection runs
	blind bool          // there are connections of which this role may not see what they do
	span  time.Duration // that the figures cover
	age   string        // of the last reading, where it is older than its pace makes it
	from  string        // why the figures are from sampled activity alone; empty: they are not
	notes []string
}

// selection is which statement is selected, and whether it stays so.
type selection struct {
	chosen probes.StatementLoad
	pinned bool
}

// statementRow is one row of the table; matched are the bytes of the text that the filter matched.
type statementRow struct {
	load    probes.StatementLoad
	matched []int
}

// Show takes the window's newest sample. The selection stays on its statement while rows change places.
func (s *Statements) Show(w *probes.Window) {
	last := w.Last()
	if last == nil {
		return
	}
	s.loads, s.span, s.held = w.Statements(), w.StatementSpanSeen(), heldKnown(last)
	s.blind = last.Counts().Unknown > 0
	s.from = sampledWhy(last, s.loads, s.from)
	s.age = ""
	if s.from == "" {
		s.age = lateness(w, w.Current(), "statements")
	}
	s.notes = append(lossNotes(w.StatementLosses(), last.At), statementNotes(last, s.loads, s.span, s.from)...)
	if s.pinned && indexOf(s.loads, s.chosen.StatementKey) < 0 {
		s.loads = append(s.loads, quiet(s.chosen))
	}
	s.refill()
}

// quiet is a statement that neither runs nor ended a call in the window.
func quiet(l probes.StatementLoad) probes.StatementLoad {
	l.Held, l.Load, l.CallsPerSecond, l.Calls, l.Mean = 0, 0, 0, 0, 0
	return l
}

func indexOf(loads []probes.StatementLoad, key probes.StatementKey) int {
	for i := range loads {
		if loads[i].StatementKey == key {
			return i
		}
	}
	return -1
}

// SetFilter shows only the statements whose text matches; empty: all, and the selection is again what it was, unless the person moved it.
func (s *Statements) SetFilter(text string) {
	switch {
	case s.filter == "" && text != "":
		s.before = &selection{s.chosen, s.pinned}
	case text == "" && s.before != nil:
		s.chosen, s.pinned, s.before = s.before.chosen, s.before.pinned, nil
	}
	s.filter = text
	s.refill()
}

// refill makes the rows from the loads and finds the selection again.
func (s *Statements) refill() {
	if s.filter == "" {
		s.rows = make([]statementRow, len(s.loads))
		for i, l := range s.loads {
			s.rows[i].load = l
		}
	} else {
		s.rows = s.matching()
	}
	if s.pinned {
		s.find(s.chosen.StatementKey)
	} else {
		s.cursor = cursor{}
	}
	s.choose()
}

func (s *Statements) matching() []statementRow {
	texts := make([]string, len(s.loads))
	for i, l := range s.loads {
		if l.Text != "" {
			texts[i] = s.texts.full(l)
		}
	}
	var rows []statementRow
	for _, m := range matches(s.filter, texts) {
		rows = append(rows, statementRow{s.loads[m.index], m.bytes})
	}
	return rows
}

// find moves the cursor to a statement's row; it stays where it is if there is none.
func (s *Statements) find(key probes.StatementKey) bool {
	for i := range s.rows {
		if s.rows[i].load.StatementKey == key {
			s.cursor.at = i
			return true
		}
	}
	return false
}

// choose remembers which statement the cursor is on.
func (s *Statements) choose() {
	s.cursor.move(0, len(s.rows))
	if len(s.rows) > 0 {
		s.chosen = s.rows[s.cursor.at].load
	}
}

// Move moves the selection by n rows. Until the first move, and again once it was moved up to the top, the selection is on the top row, whichever
// statement that is; otherwise it stays with its statement.
func (s *Statements) Move(n int) {
	s.cursor.move(n, len(s.rows))
	s.pinned, s.before = n >= 0 || s.cursor.at > 0, nil
	s.choose()
}

// Select selects a statement; false where it is not listed.
func (s *Statements) Select(key probes.StatementKey) bool {
	if !s.find(key) {
		return false
	}
	s.Move(0)
	return true
}

// Selected returns the selected statement; false where there is none.
func (s *Statements) Selected() (probes.StatementLoad, bool) {
	return s.chosen, len(s.rows) > 0
}

// HeldNow is how many client connections run a statement now; Unknown where the server does not tell.
func (s *Statements) HeldNow(l probes.StatementLoad) string { return s.heldFigure(l) }

// Listed returns all statements, filtered or not. The caller must not change them.
func (s *Statements) Listed() []probes.StatementLoad { return s.loads }

// headLines are the lines above the first row: the column names.
const headLines = 1

// noteLines draws the notes below the rows: at most a third of the pane.
func (s *Statements) noteLines(t *draw.Theme) []string {
	w, h := s.inner()
	return noteLines(t, s.notes, w, h/3)
}

// Page returns how many rows are on screen, for page keys.
func (s *Statements) Page() int {
	_, h := s.inner()
	return max(h-headLines-len(s.noteLines(&draw.Theme{})), 1)
}

// ClickRow selects the row drawn at line y of the pane, 0 being its first line; false where there is none.
func (s *Statements) ClickRow(y int) bool {
	_, h := s.inner()
	row := y - (s.h-h)/2 - headLines
	first, last := s.cursor.visible(len(s.rows), s.Page())
	if row < 0 || first+row >= last {
		return false
	}
	s.cursor.at = first + row
	s.Move(0)
	return true
}

// View returns exactly h lines of w cells. It draws the rows on screen only.
func (s *Statements) View(t *draw.Theme, focused bool) string {
	w, h := s.inner()
	notes := s.noteLines(t)
	columns := columnsFor(w)
	lines := []string{columnNames(t, columns, w)}
	first, last := s.cursor.visible(len(s.rows), s.Page())
	for i := first; i < last; i++ {
		lines = append(lines, s.line(t, columns, i, w))
	}
	if len(s.rows) == 0 {
		lines = append(lines, t.Secondary.Paint(s.whyEmpty()))
	}
	lines = append(lines, s.preview(t, w, h-len(notes)-len(lines))...)
	for len(lines) < h-len(notes) {
		lines = append(lines, "")
	}
	lines = append(lines, notes...)
	old := staleness{cmp.Or(s.reason, s.age)}
	return old.box(t, s.size, "2 statements", s.shows(), lines, focused)
}

// leastPreview is the room that the selected statement's text needs to say more than its row.
const leastPreview = 4

// preview draws the selected statement's text in the room that the rows leave, a blank line above it.
func (s *Statements) preview(t *draw.Theme, w, room int) []string {
	if len(s.rows) == 0 || room < leastPreview {
		return nil
	}
	lines := []string{""}
	for _, line := range draw.Wrap(s.texts.full(s.chosen), w-2*previewMargin) {
		if len(lines) == room {
			break
		}
		lines = append(lines, draw.Line(w, draw.Span{Text: strings.Repeat(" ", previewMargin) + line, Ink: t.Secondary}))
	}
	return lines
}

// previewMargin is the blank space on both sides of the text.
const previewMargin = 2

func (s *Statements) whyEmpty() string {
	switch {
	case s.filter != "":
		return "no statement matches"
	case s.span == 0:
		return ""
	case s.blind:
		return "no statement that this role may see"
	default:
		return "no statement ended or runs"
	}
}

// shows says over which time the figures really are, and which statements are listed.
func (s *Statements) shows() string {
	var parts []string
	if s.from != "" {
		parts = append(parts, "sampled activity")
	}
	if s.filter != "" {
		parts = append(parts, strconv.Itoa(len(s.rows))+" of "+strconv.Itoa(len(s.loads))+" match “"+s.filter+"”")
	}
	if s.span > 0 {
		parts = append(parts, "last "+strconv.Itoa(int(s.span.Round(time.Second).Seconds()))+" s", "by held, load")
	}
	return strings.Join(parts, " · ")
}
