package explain

import (
	"testing"

	"github.com/pgmedic/pgmedic/probes/plan"
)

func TestHeavyValue(t *testing.T) {
	tests := []struct {
		name  string
		stats statistics
		kind  plan.Kind
		value string
		from  plan.ValueFrom
	}{
		{"many distinct values", statistics{distinct: 5000, mostCommon: []string{"whale", "next"}}, plan.Equality, "whale", plan.FromHeavy},
		{"share of the rows", statistics{distinct: -0.4, mostCommon: []string{"whale", "next"}}, plan.Equality, "whale", plan.FromHeavy},
		{"few distinct values", statistics{distinct: 3, mostCommon: []string{"done", "failed", "open"}}, plan.Equality, "open", plan.FromRare},
		{"range", statistics{distinct: -1, mostCommon: []string{"5"}, histogram: []string{"1", "4", "9"}}, plan.Range, "4", plan.FromHistogram},
		{"range of few values", statistics{distinct: 3, mostCommon: []string{"30", "4", "200"}}, plan.Range, "30", plan.FromHistogram},
		{"unique", statistics{distinct: -1, histogram: []string{"1", "4", "9"}}, plan.Equality, "4", plan.FromHistogram},
		{"no statistics", statistics{}, plan.Equality, "", plan.FromNone},
	}
	for _, test := range tests {
		if value, from := test.stats.heavy(test.kind, 0); value != test.value || from != test.from {
			t.Errorf("%s: %q %q", test.name, value, from)
		}
	}
}
