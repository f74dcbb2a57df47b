package shape

import (
	"slices"
	"strings"

	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// Same says whether two shapes are the same index, but for the order of the predicate's clauses and of the stored columns.
func Same(a, b Index) bool {
	return a.Schema == b.Schema && a.Table == b.Table && a.method() == b.method() && a.Unique == b.Unique && len(a.Keys) == len(b.Keys) &&
		a.leads(b.Keys, false) && sameSet(a.Include, b.Include) && sameSet(a.clauses(), b.clauses()) && sameSet(a.with(), b.with())
}

// Serves says whether an index answers whatever another one of its table would, whose first equal keys are compared for equality: it has these in any order, then the
// others in the same directions or all reversed, stores what that one stores, and has all rows that it has.
func Serves(existing, wanted Index, equal int) bool {
	if existing.Schema != wanted.Schema || existing.Table != wanted.Table || existing.method() != wanted.method() || wanted.Unique && !existing.Unique ||
		!existing.stores(wanted.Include) || !Implied(existing.Where, plan.Conjuncts(wanted.Predicate())) {
		return false
	}
	switch wanted.method() {
	case "btree":
		return existing.servesOrdered(wanted.Keys, equal)
	case "gin", "brin":
		return existing.has(wanted.Keys)
	case "hash":
		return len(existing.Keys) == len(wanted.Keys) && existing.has(wanted.Keys)
	}
	return len(existing.Keys) >= len(wanted.Keys) && existing.leads(wanted.Keys, false)
}

// Redundant says whether an index is of no further use beside another one: that one begins with its keys, in their directions, has the same rows, and stores what it
// stores. A unique index never is. Whether a constraint stands on it is the caller's question.
func Redundant(existing, by Index) bool {
	return !existing.Unique && existing.Schema == by.Schema && existing.Table == by.Table && existing.method() == by.method() &&
		(existing.method() == "btree" || len(existing.Keys) == len(by.Keys)) && by.leads(existing.Keys, false) &&
		by.stores(existing.Include) && sameSet(existing.clauses(), by.clauses())
}

// servesOrdered says whether a b-tree leads with the keys, of which the first equal may stand in any order and direction.
func (x Index) servesOrdered(keys []Key, equal int) bool {
	equal = min(equal, len(keys))
	if len(x.Keys) < len(keys) {
		return false
	}
	lead, rest := Index{Keys: x.Keys[:equal]}, Index{Keys: x.Keys[equal:]}
	return lead.has(keys[:equal]) && (rest.leads(keys[equal:], false) || rest.leads(keys[equal:], true))
}

// leads says whether the index begins with the keys, in their directions or all reversed.
func (x Index) leads(keys []Key, reversed bool) bool {
	if len(x.Keys) < len(keys) {
		return false
	}
	for i, k := range keys {
		own := x.Keys[i]
		if !own.like(k) || (own.Descending != k.Descending) != reversed || (own.NullsFirst != k.NullsFirst) != reversed {
			return false
		}
	}
	return true
}

// has says whether each of the keys is one of the index's, in whatever direction.
func (x Index) has(keys []Key) bool {
	for _, k := range keys {
		if !slices.ContainsFunc(x.Keys, k.like) {
			return false
		}
	}
	return true
}

// like says whether two keys hold the same values by the same rules.
func (k Key) like(other Key) bool {
	return k.Column == other.Column && normal(k.Expression) == normal(other.Expression) &&
		normal(k.Collation) == normal(other.Collation) && sameClass(normal(k.Opclass), normal(other.Opclass))
}

// stores says whether an index-only scan finds the columns.
func (x Index) stores(columns []string) bool {
	for _, column := range columns {
		isKey := slices.ContainsFunc(x.Keys, func(k Key) bool { return k.Column == column })
		if !isKey && !slices.Contains(x.Include, column) {
			return false
		}
	}
	return true
}

func (x Index) method() string {
	if x.Method == "" {
		return "btree"
	}
	return x.Method
}

// clauses words the predicate's clauses in one way each.
func (x Index) clauses() []string {
	var words []string
	for _, c := range plan.Conjuncts(x.Predicate()) {
		words = append(words, canonical(c))
	}
	return words
}

// with words the storage parameters in one way each.
func (x Index) with() []string {
	var words []string
	for one := range strings.SplitSeq(x.With, ",") {
		name, value, _ := strings.Cut(sqltext.OneLine(one), "=")
		if text, ok := unquoted(strings.TrimSpace(value)); ok && name != "" {
			words = append(words, strings.TrimSpace(name)+"="+text)
		}
	}
	return words
}

// sameSet says whether two lists have the same members.
func sameSet(a, b []string) bool {
	within := func(list []string) func(string) bool {
		return func(one string) bool { return !slices.Contains(list, one) }
	}
	return !slices.ContainsFunc(a, within(b)) && !slices.ContainsFunc(b, within(a))
}

// sameClass compares operator classes; one that is drafted before its extension is there has no schema yet.
func sameClass(a, b string) bool {
	return a == b || strings.HasSuffix(a, "."+b) && !strings.Contains(b, ".") || strings.HasSuffix(b, "."+a) && !strings.Contains(a, ".")
}
