package candidate

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// Unsaid are the parameters that stand beside columns within what a generic plan's conditions compare, as $1 in data ->> $1 = $2: without their values
// it is not known which expression an index would have to hold.
func Unsaid(generic Need) []int {
	var numbers []int
	for _, c := range generic.Conditions {
		if c.Kind != plan.NonSargable && c.Kind != plan.Opaque && c.Kind != plan.Search {
			continue
		}
		for _, t := range sqltext.Solid(strings.Replace(c.Text, c.Value, "", 1)) {
			n, err := strconv.Atoi(strings.TrimPrefix(t.Text, "$"))
			if t.Kind == sqltext.Parameter && err == nil {
				numbers = append(numbers, n)
			}
		}
	}
	slices.Sort(numbers)
	return slices.Compact(numbers)
}
