package index

import (
	"context"
	"fmt"
	"slices"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// What earns a place in an index.
const (
	partialShare = 0.3 // a predicate keeps at most so much of the table
	halving      = 0.5 // a further column leaves at most so much of the rows
)

// chooser works out the columns of one index step by step. Each step asks the planner.
type chooser struct {
	planner
	conditions
	order []key // that a LIMIT needs

	definition definition
	entries    float64  // rows in the index
	rows       float64  // rows that a lookup reads with the keys chosen so far
	asked      []string // the conditions chosen so far
	equals     int      // how many of the keys are equality columns
	reasons    []playbooks.Reason
}

// choose finds the predicate, then the equality columns, then the order's columns or else one range column.
func (c *chooser) choose(ctx context.Context) error {
	c.definition = definition{Schema: c.table.Schema, Table: c.table.Name}
	for _, step := range []func(context.Context) error{c.choosePredicate, c.chooseEqual, c.chooseOrderOrRange} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	if len(c.definition.Keys) == 0 {
		c.keyFromPredicate()
	}
	c.reasons = append(c.reasons, c.left...)
	return nil
}

// choosePredicate takes each NULL test or boolean that keeps little of the table. The others can be keys like any equality.
func (c *chooser) choosePredicate(ctx context.Context) error {
	total, err := c.planner.rows(ctx)
	if err != nil {
		return err
	}
	c.entries = total
	for _, p := range c.partial {
		kept, err := c.planner.rows(ctx, p.asks)
		if err != nil {
			return err
		}
		if kept > partialShare*total {
			if p.Kind != plan.IsNotNull && c.table.Columns[p.Column].unfit() == "" {
				c.equal = append(c.equal, p)
			}
			continue
		}
		c.definition.Predicate = append(c.definition.Predicate, predicate{p.Kind, p.Column, p.Negated})
		c.asked = append(c.asked, p.asks)
		c.reasons = append(c.reasons, playbooks.Reason{Part: "WHERE " + p.asks, Why: fmt.Sprintf(
			"keeps %s of the rows (estimated by the planner): about %s entries instead of %s", percent(kept/total), count(kept), count(total))})
	}
	if len(c.asked) > 0 {
		c.entries, err = c.planner.rows(ctx, c.asked...)
	}
	c.rows = c.entries
	return err
}

// chooseEqual adds the equality column that leaves fewest rows, and again, as long as the rows halve.
func (c *chooser) chooseEqual(ctx context.Context) error {
	candidates := slices.Clone(c.equal)
	if len(c.order) > 0 { // several values of a column come one after the other and break the order behind them
		candidates = slices.DeleteFunc(candidates, func(e condition) bool { return e.Kind == plan.AnyOf })
	}
	for len(candidates) > 0 {
		best, rows, err := c.best(ctx, candidates)
		if err != nil {
			return err
		}
		if rows > halving*c.rows {
			break
		}
		c.take(candidates[best], rows)
		c.equals++
		column := candidates[best].Column
		candidates = slices.DeleteFunc(candidates, func(e condition) bool { return e.Column == column })
	}
	for _, e := range candidates {
		c.left = append(c.left, playbooks.Reason{Part: e.Column, Why: fmt.Sprintf(
			"left out: behind the columns chosen it does not halve the rows, about %s by then (estimated by the planner)", count(c.rows))})
	}
	return nil
}

// best returns which candidate leaves fewest rows, the first of equals.
func (c *chooser) best(ctx context.Context, candidates []condition) (best int, fewest float64, err error) {
	for i, candidate := range candidates {
		rows, err := c.planner.rows(ctx, append(slices.Clone(c.asked), candidate.asks)...)
		if err != nil {
			return 0, 0, err
		}
		if i == 0 || rows < fewest {
			best, fewest = i, rows
		}
	}
	return best, fewest, nil
}

// take makes the condition's column the next key.
func (c *chooser) take(e condition, rows float64) {
	c.definition.Keys = append(c.definition.Keys, key{Column: e.Column})
	c.asked = append(c.asked, e.asks)
	c.reasons = append(c.reasons, playbooks.Reason{Part: e.Column, Why: fmt.Sprintf(
		"%s: leaves about %s of %s rows (estimated by the planner)", e.Kind, count(rows), count(c.rows))})
	c.rows = rows
}

// chooseOrderOrRange appends the columns that a LIMIT takes its rows in the order of; where there are none, the range column that leaves fewest rows.
func (c *chooser) chooseOrderOrRange(ctx context.Context) error {
	if len(c.order) > 0 {
		c.addOrder()
		return nil
	}
	if len(c.ranges) == 0 {
		return nil
	}
	best, rows, err := c.best(ctx, c.ranges)
	if err != nil {
		return err
	}
	if rows <= halving*c.rows {
		c.take(c.ranges[best], rows)
	}
	return nil
}

// addOrder appends the order's columns. One that is equal to a value already needs no place; one that is no key ends the order.
func (c *chooser) addOrder() {
	for _, k := range c.order {
		if slices.ContainsFunc(c.definition.Keys, func(chosen key) bool { return chosen.Column == k.Column }) {
			continue
		}
		if why := c.table.Columns[k.Column].unfit(); why != "" {
			c.left = append(c.left, playbooks.Reason{Part: k.Column, Why: "left out, so the rows are still sorted: " + why})
			return
		}
		c.definition.Keys = append(c.definition.Keys, k)
		c.reasons = append(c.reasons, playbooks.Reason{Part: k.sql(), Why: "ORDER BY … LIMIT takes its rows in this order: no sort"})
	}
}

// keyFromPredicate makes the predicate's column the key where there is no other: then the index is just the list of those rows.
func (c *chooser) keyFromPredicate() {
	for _, p := range c.definition.Predicate {
		if c.table.Columns[p.Column].unfit() == "" {
			c.definition.Keys = []key{{Column: p.Column}}
			c.reasons = append(c.reasons, playbooks.Reason{Part: p.Column, Why: "no other condition can be a key, and an index needs one"})
			return
		}
	}
}
