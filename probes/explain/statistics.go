package explain

import (
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
}

// fewDistinct is up to how many distinct values a column counts as a class (a status, a type) rather than as an owner.
const fewDistinct = 12

// choose picks the value that a class of plan is made for; plan.FromNone where nothing fits.
func (s *statistics) choose(class plan.Class, m plan.Meeting) (*string, plan.ValueFrom) {
	if s == nil {
		return nil, plan.FromNone
	}
	switch m.Op {
	case "IS DISTINCT FROM":
		if class != plan.Typical && s.nulls > s.mostFrequent() {
			return nil, plan.FromNull
		}
		m.Kind = plan.Equality
	case "~~", "~~*":
		return pattern(s.pick(class, plan.Equality, m))
	}
	if m.Kind == plan.Opaque {
		return nil, plan.FromNone
	}
	return s.pick(class, m.Kind, m)
}

func (s *statistics) pick(class plan.Class, kind plan.Kind, m plan.Meeting) (*string, plan.ValueFrom) {
	value, from := "", plan.FromNone
	if class == plan.Typical {
		value, from = s.typical(kind, m.Op)
	} else {
		value, from = s.heavy(kind, m.Element)
	}
	if from == plan.FromNone {
		return nil, from
	}
	return &value, from
}

func (s *statistics) mostFrequent() float64 {
	if len(s.frequencies) == 0 {
		return 0
	}
	return s.frequencies[0]
}

// heavy picks the value that hurts: the middle of the histogram for ranges; else the most common value, of a list the next for each element; but of a column
// with few distinct values the rarest common one, because the common ones are what nobody searches for.
func (s *statistics) heavy(kind plan.Kind, element int) (string, plan.ValueFrom) {
	common, bounds := s.mostCommon, s.histogram
	switch {
	case len(bounds) > 0 && (kind == plan.Range || len(common) == 0):
		return bounds[(len(bounds)/2+element)%len(bounds)], plan.FromHistogram
	case len(common) == 0:
		return "", plan.FromNone
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

// patternLength is how many characters of a value a search by LIKE is made of.
const patternLength = 3

// pattern makes a prefix search of a value.
func pattern(value *string, from plan.ValueFrom) (*string, plan.ValueFrom) {
	if value == nil {
		return nil, from
	}
	runes := []rune(*value)
	prefix := strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(string(runes[:min(len(runes), patternLength)])) + "%"
	return &prefix, from
}
