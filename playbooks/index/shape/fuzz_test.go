package shape

import (
	"testing"

	"github.com/pgmedic/pgmedic/probes/plan"
)

// Whatever stands in a predicate, it implies itself, and bare texts are not made barer.
func FuzzPredicate(f *testing.F) {
	for _, seed := range []string{"done", "(a = ANY ('{a,b}'::text[])) AND (b <> 'x'::text)", "'", "a > '", "((a", "a))", "n > -5",
		"a = ANY (ARRAY[1, NULL])", "x.a = 'b'::text COLLATE \"C\"",
		"(a = 1) OR ((b IS NULL) AND (c IS TRUE))", "a = '{'::text", "lower(a) = E'\\\\'"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		where := []Clause{{SQL: text}}
		if !Implied(where, plan.Conjuncts(text)) {
			t.Errorf("%q does not imply itself", text)
		}
		x := Index{Method: "btree", Keys: []Key{{Expression: text}}, Where: where}
		if !Same(x, x) || !Serves(x, x, 1) {
			t.Errorf("%q is not the same as itself", text)
		}
		if bare := Bare(text); Bare(bare) != bare {
			t.Errorf("Bare(%q) is %q, and barer the second time", text, bare)
		}
	})
}
