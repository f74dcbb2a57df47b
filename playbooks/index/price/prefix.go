package price

import (
	"fmt"
	"strings"

	"github.com/pgmedic/pgmedic/playbooks/index/candidate"
	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// limits are the conditions as the index is searched with them: a beginning or a network becomes a range (like_support.c, network.c), and the planner estimates that range instead.
func (a answered) limits(key shape.Key, t *table.Table) []plan.Condition {
	var limits []plan.Condition
	for _, c := range a.conditions {
		if within, ok := candidate.Within(c); ok {
			limits = append(limits, within...)
			continue
		}
		if kind, _ := compared(key, c); kind != plan.Prefix {
			limits = append(limits, c)
			continue
		}
		limits = append(limits, beginningRange(key, t, c)...)
	}
	return limits
}

// beginnings are the ranges by which a btree would be searched for the beginnings among the conditions: they are counted too, as else such an index is priced by an estimate
// and the others by what was counted.
func beginnings(t *table.Table, conditions []plan.Condition) []plan.Condition {
	var limits []plan.Condition
	for _, c := range conditions {
		key := shape.Key{Column: c.Column}
		if kind, _ := compared(key, c); c.Column == "" || kind != plan.Prefix {
			continue
		}
		if !bytewise(key, t) {
			key.Opclass = "text_pattern_ops"
		}
		limits = append(limits, beginningRange(key, t, c)...)
	}
	return limits
}

// beginningRange is the range of values that begin with a condition's constant; the condition itself where that is not plain.
func beginningRange(key shape.Key, t *table.Table, c plan.Condition) []plan.Condition {
	value, ok := literal(c.Value)
	begins := value
	switch c.Op {
	case "~~":
		begins = beginning(value)
	case "~":
		begins, ok = candidate.Beginning(c)
	}
	if !ok || begins == "" || key.Column == "" {
		return []plan.Condition{c}
	}
	from, to := ">=", "<"
	if strings.HasSuffix(key.Opclass, "pattern_ops") {
		from, to = "~>=~", "~<~"
	}
	side := sqltext.Ident(key.Column)
	if c.Cast != "" {
		side = "(" + side + ")::" + c.Cast
	}
	limit := func(op, value string) plan.Condition {
		return plan.Condition{Kind: plan.Range, Column: key.Column, Op: op, Text: fmt.Sprintf("(%s %s %s::text)", side, op, sqltext.Literal(value))}
	}
	last := begins[len(begins)-1]
	if last >= 0x7e {
		return []plan.Condition{c}
	}
	return []plan.Condition{limit(from, begins), limit(to, begins[:len(begins)-1]+string(rune(last+1)))}
}

// beginning is what stands before the first wildcard of a LIKE pattern.
func beginning(pattern string) string {
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		switch pattern[i] {
		case '%', '_':
			return b.String()
		case '\\':
			if i++; i == len(pattern) {
				return b.String()
			}
		}
		b.WriteByte(pattern[i])
	}
	return b.String()
}
