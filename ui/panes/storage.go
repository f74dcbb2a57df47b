package panes

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/probes/storage"
	"github.com/pgmedic/pgmedic/ui/draw"
)

// Storage is what is known of the tables and indexes of one statement.
type Storage struct {
	Tables []storage.Table
	Used   map[string]bool // indexes that the statement's plans use
	Left   int             // tables of the plans that were not asked for
	At     time.Time       // when they were read, server time
}

// StorageLines draws the tables, each with its indexes. A figure that is an estimate is marked ≈, one that is not known is –; why stands below the table.
func StorageLines(t *draw.Theme, s Storage, w int) []string {
	p := &storagePage{sheet: sheet{theme: t, w: w}, Storage: s}
	p.text("read "+draw.Clock(s.At, nil)+" UTC; i reads them again · ≈ is an estimate, – is not known", t.Secondary)
	for _, table := range s.Tables {
		p.table(table)
	}
	if s.Left > 0 {
		p.text(fmt.Sprintf("… %s of the plan", draw.Counted(int64(s.Left), "more table", "more tables")), t.Secondary)
	}
	return p.lines
}

// storagePage is the page while it is made.
type storagePage struct {
	sheet
	Storage
	whys []string // of the table being drawn: why figures are estimates or not known
}

// figure writes a figure, and notes why it is not measured.
func (p *storagePage) figure(f storage.Figure, write func(int64) string) string {
	if f.Why != "" && !slices.Contains(p.whys, f.Why) {
		p.whys = append(p.whys, f.Why)
	}
	switch f.Status {
	case storage.Measured:
		return write(f.Value)
	case storage.Estimated:
		return "≈ " + write(f.Value)
	}
	return draw.Unknown
}

func (p *storagePage) table(t storage.Table) {
	p.whys = nil
	name := t.Schema + "." + t.Relation
	p.lines = append(p.lines, "")
	if t.Missing != "" {
		p.spans(draw.Span{Text: name + "  ", Ink: p.theme.Strong}, t.Missing, p.theme.Warning)
		return
	}
	kind := string(t.Kind)
	if t.Parent.Relation != "" {
		kind = "partition of " + t.Parent.Schema + "." + t.Parent.Relation
	}
	p.spans(draw.Span{Text: name + "  ", Ink: p.theme.Strong}, kind, p.theme.Secondary)
	const margin = 13
	p.labelled("  size", margin, p.sizes(t), p.theme.Text)
	p.labelled("  rows", margin, p.rows(t), p.theme.Text)
	if u := t.Usage; u.Unknown != "" {
		p.labelled("  use", margin, draw.Unknown+" "+u.Unknown, p.theme.Warning)
	} else {
		p.labelled("  changes", margin, p.changes(u), p.theme.Text)
		p.labelled("  reads", margin, fmt.Sprintf("%s (%s), %s%s", draw.Counted(u.SeqScans, "sequential scan", "sequential scans"),
			draw.Counted(u.SeqRows, "row", "rows"), draw.Counted(u.IndexScans, "index scan", "index scans"), p.since(u)), p.theme.Text)
		p.labelled("  care", margin, p.care(u), p.theme.Text)
	}
	if len(t.Options) > 0 {
		p.labelled("  options", margin, strings.Join(t.Options, ", "), p.theme.Text)
	}
	p.partitions(t)
	p.indexes(t)
	for _, why := range p.whys {
		p.labelled("  ≈ –", margin, why, p.theme.Secondary)
	}
}

func (p *storagePage) sizes(t storage.Table) string {
	return fmt.Sprintf("%s in all: table %s, oversized values %s, %s %s", p.figure(t.Total(), draw.Bytes), p.figure(t.Heap, draw.Bytes),
		p.figure(t.Toast, draw.Bytes), draw.Counted(int64(len(t.Indexes)), "index", "indexes"), p.figure(t.IndexBytes(), draw.Bytes))
}

func (p *storagePage) rows(t storage.Table) string {
	text := p.figure(t.Rows, draw.Count)
	if t.Usage.Unknown == "" {
		text += ", dead " + p.figure(t.Usage.DeadRows, draw.Count)
		if share, known := t.Usage.DeadShare(); known {
			text += " (" + draw.Percent(share) + ")"
		}
	}
	return text
}

func (p *storagePage) changes(u storage.Usage) string {
	text := fmt.Sprintf("%s inserted, %s updated, %s deleted", draw.Count(u.Inserted), draw.Count(u.Updated), draw.Count(u.Deleted))
	if share, known := u.HotShare(); known {
		text += " · " + draw.Percent(share) + " of the updates touched no index (HOT)"
	}
	return text
}

func (p *storagePage) since(u storage.Usage) string {
	if u.Since.IsZero() {
		return ""
	}
	return ", counted since " + u.Since.UTC().Format("2006-01-02 15:04")
}

// care says when the table was analyzed and vacuumed last, and what changed since.
func (p *storagePage) care(u storage.Usage) string {
	return fmt.Sprintf("analyzed %s, %s changed since · vacuumed %s, %s inserted since", p.ago(u.Analyzed()), draw.Counted(u.ChangedSinceAnalyze, "row", "rows"),
		p.ago(u.Vacuumed()), draw.Counted(u.InsertedSinceVacuum, "row", "rows"))
}

// ago is how long ago something was.
func (p *storagePage) ago(at time.Time) string {
	if at.IsZero() {
		return "never, as far as is counted"
	}
	return draw.Duration(max(p.At.Sub(at), 0).Round(time.Second)) + " ago"
}

// mostPartitions bounds the partitions that stand on the page: the largest first.
const mostPartitions = 12

func (p *storagePage) partitions(t storage.Table) {
	if len(t.Partitions) == 0 {
		return
	}
	all := slices.Clone(t.Partitions)
	slices.SortStableFunc(all, func(a, b storage.Partition) int {
		return cmp.Compare(b.Total.Value, a.Total.Value)
	})
	g := newGrid(head{"partition", false}, head{"size", true}, head{"rows", true})
	for _, one := range all[:min(len(all), mostPartitions)] {
		g.row(p.theme.Text, one.Schema+"."+one.Relation, p.figure(one.Total, draw.Bytes), p.figure(one.Rows, draw.Count))
	}
	if more := len(all) - mostPartitions; more > 0 {
		g.below(p.theme.Secondary, "… "+draw.Counted(int64(more), "more partition", "more partitions"))
	}
	p.grid(g)
}

func (p *storagePage) indexes(t storage.Table) {
	g := newGrid(head{"index", false}, head{"size", true}, head{"scans", true}, head{"state", false}, head{"definition", false})
	g.folds = true
	for _, i := range t.Indexes {
		scans, state, ink := draw.Count(i.Scans), "", p.theme.Text
		if t.Usage.Unknown != "" {
			scans = draw.Unknown
		}
		switch {
		case !i.Live:
			state, ink = "being dropped", p.theme.Warning
		case !i.Valid || !i.Ready:
			state, ink = "INVALID", p.theme.Critical
		case i.Primary:
			state = "primary key"
		case i.Unique:
			state = "unique"
		}
		name := i.Name
		if p.Used[i.Name] {
			name, state = "▸ "+name, strings.TrimPrefix(state+", in the plan", ", ")
		}
		if i.DefinitionWhy != "" && !slices.Contains(p.whys, i.DefinitionWhy) {
			p.whys = append(p.whys, i.DefinitionWhy)
		}
		g.row(ink, name, p.figure(i.Size, draw.Bytes), scans, state, shortDefinition(i.Definition))
	}
	if len(t.Indexes) == 0 {
		p.text("  it has no index", p.theme.Warning)
	}
	p.grid(g)
}

// shortDefinition leaves out of CREATE INDEX what stands in other columns.
func shortDefinition(definition string) string {
	if _, rest, found := strings.Cut(definition, " USING "); found {
		return rest
	}
	return definition
}

func (p *storagePage) grid(g *grid) {
	for _, line := range g.lines(p.theme, p.w-2) {
		p.lines = append(p.lines, "  "+line)
	}
}
