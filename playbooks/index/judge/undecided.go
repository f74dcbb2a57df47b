package judge

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pgmedic/pgmedic/playbooks/index/candidate"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// isUndecided says which parameters' values decide what an index on the need's table would have to hold, where there are such; false: there are none.
func (a *Advice) isUndecided(j judged) bool {
	var names, options []string
	for _, v := range j.views {
		if v.plan.Origin.Class != plan.Generic {
			continue
		}
		for _, n := range candidate.Unsaid(v.need) {
			given := slices.ContainsFunc(a.Before.Origin.Parameters, func(p plan.Parameter) bool { return p.N == n && p.From == plan.FromGiven })
			if name := fmt.Sprintf("$%d", n); !given && !slices.Contains(names, name) {
				names, options = append(names, name), append(options, fmt.Sprintf("--param %d=…", n))
			}
		}
	}
	if len(names) == 0 {
		return false
	}
	a.Reason = fmt.Sprintf("what an index on %s would have to hold depends on %s, whose callers' values are not known", j.table, strings.Join(names, " and "))
	a.Instead = "give it with " + strings.Join(options, " ")
	return true
}
