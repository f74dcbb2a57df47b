package candidate

import (
	"slices"
	"strings"

	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// Purpose says in a few words what the keys of the first index are for: "equality on a and b, then the order by c". No constant of the statement stands in it.
func (c Candidate) Purpose() string {
	var parts []string
	for i := 0; i < len(c.Index.Keys); {
		role, names := c.role(i), []string{}
		for ; i < len(c.Index.Keys) && c.role(i) == role; i++ {
			names = append(names, keyName(c.Index.Keys[i]))
		}
		if role == orderRole && len(parts) > 0 {
			role = "then " + role
		}
		parts = append(parts, role+" "+strings.Join(names, " and "))
	}
	words := strings.Join(parts, ", ")
	if len(c.Index.Where) > 0 {
		words += ", in part of the rows"
	}
	return words
}

const (
	orderRole = "the order by"
	listRole  = "what is read of"
)

// role is what the key in this place is for. One that has no condition of its own is for what the one before it is for, or for an order.
func (c Candidate) role(i int) string {
	of := func(k shape.Key) int {
		return slices.IndexFunc(c.Uses, func(u Use) bool { return u.Part == k.SQL() })
	}
	at := of(c.Index.Keys[i])
	if at >= 0 && (c.Uses[at].Why == whyStandIn || c.Uses[at].Why == whyRead) {
		return listRole
	}
	if at < 0 || c.Uses[at].Condition == nil {
		if i > 0 && at >= 0 {
			if before := of(c.Index.Keys[i-1]); before >= 0 && c.Uses[before].Why == c.Uses[at].Why {
				return c.role(i - 1)
			}
		}
		return orderRole
	}
	condition := *c.Uses[at].Condition
	if condition.Join {
		return "the join on"
	}
	words := map[plan.Kind]string{plan.Equality: "equality on", plan.Boolean: "the state of", plan.AnyOf: "several values of", plan.IsNull: "NULLs of", plan.IsNotNull: "all but NULLs of",
		plan.Range: "a range of", plan.RowRange: "a range of", plan.Prefix: "beginnings of", plan.Search: "a search within"}
	if role, known := words[kind(condition)]; known {
		return role
	}
	return "what is looked for in"
}

// keyName names a key without constants.
func keyName(k shape.Key) string {
	if k.Column != "" {
		return sqltext.CleanLine(sqltext.Ident(k.Column))
	}
	var columns []string
	for _, name := range k.Columns {
		columns = append(columns, sqltext.CleanLine(sqltext.Ident(name)))
	}
	return "an expression of " + strings.Join(columns, ", ")
}
