package candidate

import (
	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// ofDomains takes away what says nothing: the server prints a column of a domain with a cast to the type that the domain is over, which leaves the
// values as they are, so that an index on the column serves it.
func (n *Need) ofDomains() {
	n.Conditions = ofDomains(n.Conditions, n.Table)
	for i, k := range n.Order {
		for _, name := range k.Columns {
			if base := n.Table.Columns[name].Base; base != "" && shape.Bare(k.Expression) == "("+sqltext.Ident(name)+")::"+base {
				n.Order[i].Column, n.Order[i].Expression, n.Order[i].Columns = name, "", nil
			}
		}
	}
}

func ofDomains(conditions []plan.Condition, t *table.Table) []plan.Condition {
	var all []plan.Condition
	for _, c := range conditions {
		if base := t.Columns[c.Column].Base; base != "" && c.Cast == base {
			c.Cast = ""
			if c.Kind == plan.NonSargable && c.Compared != "" {
				c.Kind, c.Compared, c.Expression = c.Compared, "", ""
			}
		}
		for i := range c.Arms {
			c.Arms[i] = ofDomains(c.Arms[i], t)
		}
		all = append(all, c)
	}
	return all
}
