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
		{"many distinct values", statistics{5000, []string{"whale", "next"}, nil}, plan.Equality, "whale", plan.FromHeavy},
		{"share of the rows", statistics{-0.4, []string{"whale", "next"}, nil}, plan.Equality, "whale", plan.FromHeavy},
		{"few distinct values", statistics{3, []string{"done", "failed", "open"}, nil}, plan.Equality, "open", plan.FromRare},
		{"range", statistics{-1, []string{"5"}, []string{"1", "4", "9"}}, plan.Range, "4", plan.FromHistogram},
		{"unique", statistics{-1, nil, []string{"1", "4", "9"}}, plan.Equality, "4", plan.FromHistogram},
		{"no statistics", statistics{}, plan.Equality, "", plan.FromNone},
	}
	for _, test := range tests {
		if value, from := test.stats.heavy(test.kind); value != test.value || from != test.from {
			t.Errorf("%s: %q %q", test.name, value, from)
		}
	}
}
