package candidate

import (
	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// addRow adds a row comparison, (a, b) > (x, y): one stretch of an index on its columns in their order, all in one direction. Where the order asked
// for has these columns the keys are the order's, and serve both.
func (a *asked) addRow(c plan.Condition) {
	p := part{conditions: []plan.Condition{c}, why: "row comparison: one stretch of the index on these columns in this order", share: 0.3}
	for _, name := range c.Columns {
		column, known := a.Table.Columns[name]
		if !known || wide(column) || unfit(column) {
			break // the columns before serve alone, and the rest is judged behind
		}
		p.keys = append(p.keys, shape.Key{Column: name})
	}
	if len(p.keys) > 0 {
		a.rows = append(a.rows, p)
	}
}
