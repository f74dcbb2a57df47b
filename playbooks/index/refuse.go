package index

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// reading is how many rows a lookup reads now, and how that is known.
type reading struct {
	rows float64
	how  string
}

const (
	byPlanner = "estimated by the planner"
	byAnalyze = "measured by EXPLAIN ANALYZE"
)

// readingNow says how many rows the scan reads: measured where the plan was analysed; else what its index conditions leave, or the whole table.
func readingNow(ctx context.Context, p planner, scan *plan.Node) (reading, error) {
	if rows, ok := scan.RowsRead(); ok {
		if looped(scan) {
			rows /= scan.Loops
		}
		return reading{rows, byAnalyze}, nil
	}
	var asks []string
	for _, c := range conjuncts(withoutFilter(scan), p.table) {
		if col, ok := p.table.Columns[c.Column]; ok && indexable(c) {
			asks = append(asks, question(c, col.Type))
		}
	}
	rows, err := p.rows(ctx, asks...)
	return reading{rows, byPlanner}, err
}

// withoutFilter is the scan with only the conditions that its index met.
func withoutFilter(scan *plan.Node) *plan.Node {
	bare := *scan
	bare.Filter = ""
	return &bare
}

// looped says whether the scan is the inner side of a join, so that its rows are those of many lookups.
func looped(scan *plan.Node) bool {
	return slices.ContainsFunc(plan.Conjuncts(scan.IndexCond), func(c plan.Condition) bool { return c.Join }) && scan.Loops > 0
}

func indexable(c plan.Condition) bool {
	return isPredicate(c) || c.Kind == plan.Equality || c.Kind == plan.AnyOf || c.Kind == plan.Range
}

// refuse says why the index that was chosen is not worth building; nil: it is.
func (c *chooser) refuse(now reading) error {
	if len(c.definition.Keys) == 0 {
		return c.noKey()
	}
	if err := c.served(); err != nil {
		return err
	}
	if c.rows > halving*now.rows {
		return &playbooks.NoDraft{
			Reason: fmt.Sprintf("the best index on %s, (%s), would still read about %s of the %s rows read now (%s)",
				c.table, c.definition.keyList(), count(c.rows), count(now.rows), now.how),
			Instead: c.instead("look at how often the statement runs and how many rows it asks for"),
		}
	}
	return nil
}

// noKey words that no condition is of use.
func (c *chooser) noKey() error {
	reason := fmt.Sprintf("no condition of the statement on %s narrows it down by a column that can be an index key", c.table)
	for _, l := range c.left {
		reason += fmt.Sprintf("; %s is %s", l.Part, l.Why)
	}
	return &playbooks.NoDraft{Reason: reason, Instead: c.instead("rewrite the statement so that it compares a column with a value")}
}

// instead prefers the rewrite that a hopeless condition suggests.
func (c *chooser) instead(otherwise string) string {
	if hints := rewriteHints(c.hopeless); len(hints) > 0 {
		return strings.Join(hints, "; ")
	}
	return otherwise
}

// served refuses where an index of this shape exists: valid, being built, or INVALID.
func (c *chooser) served() error {
	for _, x := range c.table.Indexes {
		if !c.servedBy(x) {
			continue
		}
		title := fmt.Sprintf("index %s on %s", x, c.table)
		switch {
		case x.Building:
			return &playbooks.NoDraft{Reason: title + " would serve, and is being built now", Instead: "wait for it"}
		case !x.Valid:
			return &playbooks.NoDraft{Reason: title + " would serve but is INVALID", Instead: "clean up with " +
				sqltext.CleanLine(dropSQL(c.table.Schema, x.Name)) + " and draft again"}
		}
		return &playbooks.NoDraft{Reason: title + " already serves this statement",
			Instead: "if the plan does not use it, ANALYZE " + c.table.String() + " and take the plan again"}
	}
	return nil
}

// servedBy says whether an index has the same predicate and leads with the chosen equality columns, in any order; without equality
// columns it must lead with the same keys.
func (c *chooser) servedBy(x existing) bool {
	d, ok := c.table.definition(x)
	if !ok || !samePredicate(d.Predicate, c.definition.Predicate) {
		return false
	}
	if c.equals == 0 {
		return len(d.Keys) >= len(c.definition.Keys) && slices.Equal(d.Keys[:len(c.definition.Keys)], c.definition.Keys)
	}
	if len(d.Keys) < c.equals {
		return false
	}
	for _, k := range c.definition.Keys[:c.equals] {
		if !slices.ContainsFunc(d.Keys[:c.equals], func(lead key) bool { return lead.Column == k.Column }) {
			return false
		}
	}
	return true
}
