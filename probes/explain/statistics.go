package explain

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/pgmedic/pgmedic/probes/plan"
)

// statistics are what the server knows of the values of a column or an expression.
type statistics struct {
	distinct    float64   // n_distinct: a number, or minus the share of rows
	nulls       float64   // share of rows
	mostCommon  []string  // as text
	frequencies []float64 // of those, share of rows each
	histogram   []string  // bounds of equally many of the other values
	elements    []element // of arrays and lexemes of texts: the most common ones, the most frequent first
	sampled     []string  // values of a few pages, where the server keeps no statistics of such a type
}

// element is an element that rows have, and the share of the rows that do.
type element struct {
	value string
	share float64
}

// fewDistinct is up to how many distinct values a column counts as a class (a status, a type) rather than as an owner.
const fewDistinct = 12

// choose picks the value that a class of plan is made for; plan.FromNone where nothing fits. typeName is the parameter's. paired says that another parameter bounds
// the same column on its other side.
func (s *statistics) choose(class plan.Class, m plan.Meeting, typeName string, paired bool) (*string, plan.ValueFrom) {
	switch {
	case s == nil:
		return nil, plan.FromNone
	case m.Op == "IS DISTINCT FROM" && class != plan.Typical && s.nulls > s.mostFrequent():
		return nil, plan.FromNull
	case m.Op == "IS DISTINCT FROM":
		m.Kind = plan.Equality
	case isSearch(m):
		if made := s.makes(class, m, typeName); made != nil {
			return made, plan.FromMade
		}
		return nil, plan.FromNone
	case m.Kind == plan.Range && m.Call == plan.Ago && !paired:
		if value, from := s.recent(class, m.Op); from != plan.FromNone {
			return &value, from
		}
	case m.Kind == plan.Range && paired:
		if value, from := s.bound(class, m.Op); from != plan.FromNone {
			return &value, from
		}
	case m.Kind == plan.Opaque:
		return nil, plan.FromNone
	}
	value, from := s.pickOne(class, m.Kind, m)
	if from == plan.FromNone {
		return nil, from
	}
	return &value, from
}

// isSearch says whether the parameter is a pattern, an element or a figure that finds values, rather than a value of the column.
func isSearch(m plan.Meeting) bool {
	switch m.Kind {
	case plan.Equality, plan.AnyOf, plan.Range, plan.NotEqual:
		return false
	}
	return m.Op != "IS DISTINCT FROM"
}

func (s *statistics) pickOne(class plan.Class, kind plan.Kind, m plan.Meeting) (string, plan.ValueFrom) {
	switch {
	case s.isEmpty() && len(s.sampled) > 0:
		return s.middle(), plan.FromMade
	case class == plan.Typical:
		return s.typical(kind, m.Op)
	}
	return s.heavy(kind, m.Element)
}

// bound picks one of two bounds of a column, the lower one before the upper one: a tenth of the rows apart for the values that hurt, else as close as the histogram
// tells, near its end, as a search for recent rows is.
func (s *statistics) bound(class plan.Class, op string) (string, plan.ValueFrom) {
	values := s.histogram
	if len(values) < 2 {
		values = inOrder(s.mostCommon)
	}
	last := len(values) - 1
	if last < 1 {
		return "", plan.FromNone
	}
	from, width, lower := plan.FromHistogram, max(last/10, 1), last/2-last/20
	if class == plan.Typical {
		from, width, lower = plan.FromTypical, 1, last-1-last/10
	}
	if strings.HasPrefix(op, ">") {
		return values[lower], from
	}
	return values[lower+width], from
}

// recent picks a bound for a time that lies so far back: half of the rows for the values that hurt, else a few hundredths of them, at the end that the range is open
// to. Between them lies what callers ask for, so that no index is chosen for one of the two alone.
func (s *statistics) recent(class plan.Class, op string) (string, plan.ValueFrom) {
	last := len(s.histogram) - 1
	few := max(last/30, 1)
	switch {
	case last < 2:
		return "", plan.FromNone
	case class != plan.Typical:
		return s.histogram[last/2], plan.FromHistogram
	case strings.HasPrefix(op, ">"):
		return s.histogram[last-few], plan.FromTypical
	}
	return s.histogram[few], plan.FromTypical
}

// inOrder sorts values, as numbers where all are.
func inOrder(values []string) []string {
	number := func(text string) float64 {
		n, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return math.NaN()
		}
		return n
	}
	sorted := slices.Clone(values)
	if slices.ContainsFunc(sorted, func(text string) bool { return math.IsNaN(number(text)) }) {
		slices.Sort(sorted)
	} else {
		slices.SortFunc(sorted, func(a, b string) int { return cmp.Compare(number(a), number(b)) })
	}
	return sorted
}

func (s *statistics) mostFrequent() float64 {
	if len(s.frequencies) == 0 {
		return 0
	}
	return s.frequencies[0]
}

func (s *statistics) leastFrequent() float64 {
	if len(s.frequencies) == 0 {
		return 0
	}
	return s.frequencies[len(s.frequencies)-1]
}

// heavy picks the value that hurts: the middle of the histogram for ranges, of the common values where there is none; else the most common value, of a list the next for each element; but of a column
// with few distinct values the rarest common one, because the common ones are what nobody searches for.
func (s *statistics) heavy(kind plan.Kind, element int) (string, plan.ValueFrom) {
	common, bounds := s.mostCommon, s.histogram
	switch {
	case len(bounds) > 0 && (kind == plan.Range || len(common) == 0):
		return bounds[(len(bounds)/2+element)%len(bounds)], plan.FromHistogram
	case len(common) == 0:
		return "", plan.FromNone
	case kind == plan.Range:
		return inOrder(common)[len(common)/2], plan.FromHistogram
	case s.distinct > 0 && s.distinct <= fewDistinct:
		return common[(len(common)-1+(len(common)-1)*element)%len(common)], plan.FromRare
	}
	return common[element%len(common)], plan.FromHeavy
}

// typical picks a value of middling frequency: one of those beside the common ones, which are many and all about as frequent; where there are none, the middle one
// of the common values. For a range it takes the tenth of the rows at the end that the range is open to, as a search for recent rows does.
func (s *statistics) typical(kind plan.Kind, op string) (string, plan.ValueFrom) {
	common, bounds := s.mostCommon, s.histogram
	switch {
	case len(bounds) > 0 && kind == plan.Range:
		tenth := (len(bounds) - 1) / 10
		if strings.HasPrefix(op, ">") {
			return bounds[len(bounds)-1-tenth], plan.FromTypical
		}
		return bounds[tenth], plan.FromTypical
	case len(bounds) > 0:
		return bounds[len(bounds)/2], plan.FromTypical
	case len(common) > 0:
		return common[len(common)/2], plan.FromTypical
	}
	return "", plan.FromNone
}
