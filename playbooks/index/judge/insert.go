package judge

import (
	"strings"

	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// insertsValues says so of an INSERT that reads no table: every index makes it slower, none faster. What it looks for conflicts in is named.
func (a *Advice) insertsValues() bool {
	var insert *plan.Node
	reads := false
	a.Before.Walk(func(n *plan.Node, _ int) {
		if n.Type == "ModifyTable" && n.Fields["Operation"] == "Insert" {
			insert = n
		}
		reads = reads || n.Relation != "" && n.Type != "ModifyTable"
	})
	if insert == nil || reads {
		return false
	}
	a.Reason = "no index makes an INSERT of values faster: each that the table has makes every INSERT slower"
	if arbiters := insert.Fields["Conflict Arbiter Indexes"]; arbiters != "" {
		a.Existing = strings.Split(arbiters, ", ")
		a.Reason += "; for ON CONFLICT it looks in " + sqltext.CleanLine(arbiters) + ", which is there"
	}
	return true
}
