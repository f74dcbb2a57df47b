// Package apply carries index drafts out: it plans the statements that a draft needs, checks what stands in the way, builds CONCURRENTLY, says how far it is and whom
// it waits for, reads back what is there, takes back what it made, and finds what interrupted builds have left behind.
package apply

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/playbooks/index/figure"
	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// playbookName is the playbook's name in drafts and on record.
const playbookName = "index"

// Order is what to build: the indexes of one draft, of one table or of several.
type Order struct {
	Indexes []Index
	Before  *plan.Plan                                             // shows the harm; nil: there is none
	Again   func(context.Context, *live.Asker) (*plan.Plan, error) // takes Before again, with its values; nil: it cannot be taken
}

// Index is one index to build. Of a partitioned table it stands for those of all partitions.
type Index struct {
	Shape shape.Index
	Name  string        // empty: the shape's own
	Table uint32        // oid: the table that was shown, whatever has its name by then
	Needs string        // extension that its operator classes come from; empty: none
	Bytes float64       // estimated size, of all partitions together
	Took  time.Duration // estimated time to build, of all partitions together; 0: not known
}

// name is the index's name.
func (x Index) name() string {
	if x.Name != "" {
		return x.Name
	}
	return x.Shape.Name()
}

// relation is the index's table, quoted.
func (x Index) relation() string { return sqltext.Ident(x.Shape.Schema, x.Shape.Table) }

// work is the building of an order. It implements playbooks.Work.
type work struct {
	order Order
	steps []Step
	parts []part       // what stands in the end, one index each
	at    atomic.Int32 // position in steps of what is sent now; behind the last: all were sent and ended well
	took  atomic.Int64 // time.Duration of all steps; 0: not known
	ended error        // what Apply returned
	meter meter

	called [2]calls // of the statement, at the last two preflights, the latter just before the first step is sent
}

// Draft puts the draft together, but for its finding, reasons, prices and facts. Where all of it is there, the error is a *playbooks.NoDraft.
func (p *Planned) Draft() (*playbooks.Draft, error) {
	o := p.order
	if len(p.steps) == 0 {
		return nil, &playbooks.NoDraft{Reason: fmt.Sprintf("%s is there, valid and as drafted", sqltext.CleanLine(o.names()))}
	}
	w := &work{order: o, steps: p.steps, parts: p.parts}
	return &playbooks.Draft{
		Playbook: playbookName, Title: o.title(), SQL: texts(w.steps), Word: o.Indexes[0].name(), Target: w.target(),
		Warnings: append(w.warnings(), p.notes...), Undo: texts(w.undoSteps()), Before: o.Before, Work: w,
		Prices: w.load(), Lost: whenLost(len(w.steps)), Stopped: "leaves an INVALID index, clean-up drafted",
	}, nil
}

// whenLost says what becomes of the statements when pgmedic or its terminal goes away.
func whenLost(statements int) string {
	if statements > 1 {
		return "the statement that was sent goes on, the others are not sent; pgmedic finds it again"
	}
	return "it goes on, pgmedic finds it again"
}

// names lists the indexes, quoted.
func (o Order) names() string {
	var names []string
	for _, x := range o.Indexes {
		names = append(names, sqltext.Ident(x.name()))
	}
	return strings.Join(names, ", ")
}

// tables lists the tables, quoted, each once.
func (o Order) tables() string {
	var names []string
	for _, x := range o.Indexes {
		if !slices.Contains(names, x.relation()) {
			names = append(names, x.relation())
		}
	}
	return strings.Join(names, ", ")
}

func (o Order) title() string {
	if len(o.Indexes) == 1 {
		return sqltext.CleanLine(fmt.Sprintf("index %s on %s", o.Indexes[0].name(), o.tables()))
	}
	return sqltext.CleanLine(fmt.Sprintf("%d indexes on %s", len(o.Indexes), o.tables()))
}

// target is what is changed, for the record.
func (w *work) target() map[string]string {
	o := w.order
	var tables []uint32
	for _, p := range w.parts {
		tables = append(tables, p.relation.oid)
	}
	return map[string]string{"relation": o.tables(), relationOID: oidList(tables), "index": either(len(o.Indexes) == 1, o.Indexes[0].name(), o.names()),
		"schema": o.Indexes[0].Shape.Schema}
}

// bytes is the estimated size of all indexes together.
func (o Order) bytes() float64 {
	sum := 0.0
	for _, x := range o.Indexes {
		sum += x.Bytes
	}
	return sum
}

// load is what building costs the server while it lasts.
func (w *work) load() []playbooks.Price {
	pages := int64(0)
	for _, s := range w.steps {
		if s.kind == stepCreate {
			pages += s.pages
		}
	}
	if pages == 0 {
		return nil
	}
	value := fmt.Sprintf("%s pages read twice, on at least one core", figure.Count(float64(pages)))
	if bytes := w.order.bytes(); bytes > 0 {
		value += ", and about " + figure.Size(walShare*bytes) + " of WAL"
	}
	return []playbooks.Price{{Name: "load", Value: value, How: "by the tables' pages as of the last VACUUM or ANALYZE"}}
}

// warnings says what the build does to others and what is left behind when it is stopped.
func (w *work) warnings() []string {
	tables := sqltext.CleanLine(w.order.tables())
	words := []string{
		"writes to " + tables + " are not blocked" + w.butBriefly() + "; VACUUM and DDL on it wait until the build ends, and queries queue behind such DDL",
		"it waits for transactions that wrote " + tables + " and for every older snapshot in this database",
		"leaving pgmedic does not stop the build; a statement that was sent goes on at the server, and further ones are not sent",
		"cancelling leaves an INVALID index that serves no query and, once its first scan has ended, costs every write until it is dropped",
		"an application transaction that wrote " + tables + " and then runs DDL on it deadlocks with the build, and either can be the victim; DDL that comes meanwhile, with " +
			"queries queued behind it, makes the build the victim at its end: keep migrations away until it has ended",
	}
	if slices.ContainsFunc(w.order.Indexes, func(x Index) bool { return x.Shape.Unique }) {
		words = append(words, "from the middle of the build on a unique index rejects rows, and one that is INVALID from then on goes on rejecting them")
	}
	if stays := extensionStays(texts(w.steps)); stays != "" {
		words = append(words, stays)
	}
	if len(w.steps) > 1 {
		words = append(words, "stopped in the middle, what is built stays, and drafting again goes on from there")
	}
	return words
}

// butBriefly says when writes are blocked all the same.
func (w *work) butBriefly() string {
	if !slices.ContainsFunc(w.steps, Step.brief) {
		return ""
	}
	return fmt.Sprintf(" while the partitions' indexes are built; making the index of the whole and attaching the parts to it locks the table for a moment: "+
		"each such statement has %s at a time, and is tried for %s, so that nobody queues behind it for longer", lockPiece, lockPatience)
}
