package judge

import (
	"slices"
	"strings"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/probes"
)

// tag begins what pgmedic adds to the end of its own statements.
const tag = " " + probes.OwnTag

// DDL is every statement of the variant without pgmedic's tag: whoever copies them is somebody else.
func (v Variant) DDL() []string {
	var all []string
	for _, sql := range v.SQL {
		if at := strings.LastIndex(sql, tag); at > 0 && strings.HasSuffix(sql, "*/") {
			sql = sql[:at]
		}
		all = append(all, sql)
	}
	return all
}

// Explained is the same for a person: where an index is made first, of a partitioned table its own, with the reason of each key and of the predicate.
func (v Variant) Explained() []string {
	explained := make([]bool, len(v.Indexes))
	words := func(sql string) string {
		for i, x := range v.Indexes {
			if text, ok := x.Shape.Explained(sql, v.why(x.Shape)); ok && !explained[i] {
				explained[i] = true
				return text
			}
		}
		return sql + ";"
	}
	all := v.DDL()
	for i, sql := range all {
		all[i] = words(sql)
	}
	return all
}

// Script writes statements below each other, with room around those of several lines.
func Script(statements []string) string {
	var b strings.Builder
	for i, sql := range statements {
		switch {
		case i == 0:
		case strings.Contains(sql, "\n"), strings.Contains(statements[i-1], "\n"):
			b.WriteString("\n\n")
		default:
			b.WriteString("\n")
		}
		b.WriteString(sql)
	}
	return b.String()
}

// why is the reason of each key of an index, in their order, and then the predicate's.
func (v Variant) why(x shape.Index) []string {
	reasons, own := v.because[x.Definition()]
	if !own {
		reasons = v.Reasons
	}
	reason := func(part string) string {
		if i := slices.IndexFunc(reasons, func(r playbooks.Reason) bool { return r.Part == part }); i >= 0 {
			return reasons[i].Why
		}
		return ""
	}
	var all []string
	for _, k := range x.Keys {
		all = append(all, reason(k.SQL()))
	}
	return append(all, reason("WHERE "+x.Predicate()))
}
