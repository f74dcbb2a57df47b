package candidate

import (
	"slices"

	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// has says whether the table has every index of the candidate already, valid, be it in other words or with further keys behind.
func has(indexes []table.Existing, c Candidate) bool {
	for _, wanted := range append([]shape.Index{c.Index}, c.More...) {
		if !slices.ContainsFunc(indexes, func(x table.Existing) bool { return x.Valid && x.Known && answers(x.Shape, wanted) }) {
			return false
		}
	}
	return true
}

// findsAsMuch says whether an index that the table has finds what a wanted one would: it has its keys in their order, and further ones only where
// they have one value, as that by which a table is partitioned has within a partition.
func (a *asked) findsAsMuch(wanted shape.Index) bool {
	return slices.ContainsFunc(a.Table.Indexes, func(x table.Existing) bool {
		return x.Valid && x.Known && x.Shape.Method == "btree" && wanted.Method == "btree" && len(wanted.Include) == 0 &&
			sameClauses(x.Shape.Where, wanted.Where) && a.passesTo(x.Shape.Keys, wanted.Keys)
	})
}

// passesTo says whether keys have all the wanted ones, those of one value wherever they stand.
func (a *asked) passesTo(keys, wanted []shape.Key) bool {
	same := func(k shape.Key) func(shape.Key) bool {
		return func(w shape.Key) bool { return sameKey(w, k) && w.Opclass == k.Opclass }
	}
	left := slices.Clone(wanted)
	forward, backward := true, true
	for _, k := range keys {
		at := slices.IndexFunc(left, same(k))
		switch {
		case len(left) == 0:
			return true
		case a.constant(k):
			left = slices.DeleteFunc(left, same(k))
		case at < 0 || slices.ContainsFunc(left[:at], func(w shape.Key) bool { return !a.constant(w) }):
			return false
		default:
			forward = forward && left[at].Descending == k.Descending && left[at].NullsFirst == k.NullsFirst
			backward = backward && left[at].Descending != k.Descending && left[at].NullsFirst != k.NullsFirst
			if left = slices.Delete(left, at, at+1); !forward && !backward {
				return false
			}
		}
	}
	return len(left) == 0
}

// findsOne says whether an index looks for one value of every column of a unique index that the table has: that one finds the only row already.
func (a *asked) findsOne(wanted shape.Index) bool {
	isKey := func(k shape.Key) bool {
		return slices.ContainsFunc(wanted.Keys, func(w shape.Key) bool { return sameKey(w, k) })
	}
	return slices.ContainsFunc(a.Table.Indexes, func(x table.Existing) bool {
		return a.findsRow(x) && !slices.ContainsFunc(x.Shape.Keys, func(k shape.Key) bool { return !isKey(k) })
	})
}

// findsRow says whether a unique index that the table has finds the only row that the need's conditions can hold for.
func (a *asked) findsRow(x table.Existing) bool {
	equals := func(k shape.Key) bool {
		return slices.ContainsFunc(slices.Concat(a.equal, a.common), func(p part) bool { return sameKey(p.keys[0], k) && kind(p.conditions[0]) == plan.Equality })
	}
	plain := x.Unique && x.Valid && x.Known && len(x.Shape.Where) == 0
	return plain && !slices.ContainsFunc(x.Shape.Keys, func(k shape.Key) bool { return !equals(k) })
}

// answers says whether one index finds what another would: it begins with the same keys in the same directions or all against them, has the same
// predicate, and stores what that one stores.
func answers(x, wanted shape.Index) bool {
	if x.Method != wanted.Method || len(x.Keys) < len(wanted.Keys) || wanted.Method == "hash" && len(x.Keys) != len(wanted.Keys) {
		return false
	}
	forward, backward := true, true
	for i, k := range wanted.Keys {
		if !sameKey(x.Keys[i], k) || x.Keys[i].Opclass != k.Opclass {
			return false
		}
		same := x.Keys[i].Descending == k.Descending && x.Keys[i].NullsFirst == k.NullsFirst
		against := x.Keys[i].Descending != k.Descending && x.Keys[i].NullsFirst != k.NullsFirst
		forward, backward = forward && same, backward && against
	}
	return (forward || backward) && sameClauses(x.Where, wanted.Where) && stores(x, wanted.Include)
}

// sameClauses says whether two predicates keep the same rows, as far as their words tell.
func sameClauses(a, b []shape.Clause) bool {
	within := func(all []shape.Clause) func(shape.Clause) bool {
		return func(one shape.Clause) bool {
			return !slices.ContainsFunc(all, func(c shape.Clause) bool {
				return shape.Bare(sqltext.PlainOperators(c.SQL)) == shape.Bare(sqltext.PlainOperators(one.SQL))
			})
		}
	}
	return !slices.ContainsFunc(a, within(b)) && !slices.ContainsFunc(b, within(a))
}

// stores says whether an index holds all the columns.
func stores(x shape.Index, columns []string) bool {
	return !slices.ContainsFunc(columns, func(name string) bool {
		isKey := slices.ContainsFunc(x.Keys, func(k shape.Key) bool { return k.Column == name })
		return !isKey && !slices.Contains(x.Include, name)
	})
}

// Service is what an index that the table has does for a need.
type Service struct {
	Index     table.Existing
	Candidate Candidate // the index as a candidate, to be priced like one
	Complete  bool      // its keys and predicate serve every condition that a b-tree's keys can, or the need's order
	Hindrance string    // why the planner may not take it, and what mends that; empty: nothing stands in the way
}

// Serving are the indexes that the table has and that answer the need, at least in part, those first that answer most.
func Serving(need Need) []Service {
	if need.Table == nil {
		return nil
	}
	a := ask(need)
	var found []Service
	for _, x := range need.Table.Indexes {
		if s, ok := a.service(x); ok {
			found = append(found, s)
		}
	}
	slices.SortStableFunc(found, func(x, y Service) int { return served(y.Candidate) - served(x.Candidate) })
	return found
}

// served counts what a candidate does for its need.
func served(c Candidate) int {
	n := 0
	for _, u := range c.Uses {
		if u.Condition != nil {
			n++
		}
	}
	if c.Ordered {
		n++
	}
	return n
}

// service reads an index of the table as a candidate; false where it serves nothing of the need, or may be beyond what is read of it.
func (a *asked) service(x table.Existing) (Service, bool) {
	s := Service{Index: x, Candidate: Candidate{Index: x.Shape}}
	if !x.Known || x.Building || len(x.Shape.Keys) == 0 {
		return s, false
	}
	a.useKeys(&s.Candidate)
	for _, clause := range x.Shape.Where {
		if !a.said(clause) {
			s.Hindrance = "it holds only rows where " + clause.SQL + ", which the statement does not ask for in these words"
			if a.saidByValue(clause) {
				s.Hindrance = "it holds only rows where " + clause.SQL + ": the statement asks for that only with one value of its parameter"
			}
			return s, x.Valid && served(s.Candidate) > 0
		}
	}
	s.Candidate.Ordered = a.ordered(x.Shape)
	if served(s.Candidate) == 0 {
		s.Hindrance = a.hindrance(x.Shape)
		return s, s.Hindrance != ""
	}
	switch {
	case x.Valid:
	case a.Table.Kind == "p":
		s.Hindrance = "it is INVALID: not every partition has its part. A build of the same index goes on from there"
	default:
		s.Hindrance = "it is INVALID: an interrupted build left it, and no query uses it. REINDEX INDEX CONCURRENTLY makes it whole"
	}
	s.Complete = a.complete(s.Candidate) || a.findsRow(x) || a.nearlyOrdered(s.Candidate)
	return s, true
}

// said says whether one of the need's conditions is the clause whatever the statement's parameters are, so that the planner proves the index's
// predicate.
func (a *asked) said(clause shape.Clause) bool {
	return slices.ContainsFunc(a.Conditions, func(c plan.Condition) bool {
		return sqlOf(c) == shape.Bare(clause.SQL) && !a.isByValue(c) || implies(c, clause)
	})
}

// saidByValue says whether a value of a parameter makes one of the need's conditions the clause.
func (a *asked) saidByValue(clause shape.Clause) bool {
	return slices.ContainsFunc(a.Conditions, func(c plan.Condition) bool { return sqlOf(c) == shape.Bare(clause.SQL) && a.isByValue(c) })
}

// isByValue says whether it is a parameter's value that the condition compares with: a test for NULL has none.
func (a *asked) isByValue(c plan.Condition) bool {
	return kind(c) != plan.IsNull && kind(c) != plan.IsNotNull && a.open(c)
}

// implies says whether a condition excludes NULLs of the only column that a clause IS NOT NULL is about.
func implies(c plan.Condition, clause shape.Clause) bool {
	conditions := plan.Conjuncts(clause.SQL)
	if len(conditions) != 1 || conditions[0].Kind != plan.IsNotNull || conditions[0].Column != c.Column {
		return false
	}
	return slices.Contains([]plan.Kind{plan.Equality, plan.AnyOf, plan.Range, plan.Prefix}, c.Kind)
}

// useKeys says which conditions the keys of a candidate serve: of a b-tree all up to the first without one, and behind a range they only filter.
func (a *asked) useKeys(c *Candidate) {
	for _, k := range c.Index.Keys {
		conditions := a.servedBy(c.Index.Method, k)
		if len(conditions) == 0 && c.Index.Method == "btree" {
			return
		}
		for i := range conditions {
			c.Uses = append(c.Uses, Use{Part: k.SQL(), Why: string(conditions[i].Kind), Condition: &conditions[i]})
		}
	}
}

// servedBy are the conditions that a key of an index serves.
func (a *asked) servedBy(method string, k shape.Key) []plan.Condition {
	var found []plan.Condition
	if method == "btree" || method == "brin" || method == "hash" {
		for _, p := range slices.Concat(a.equal, a.common, a.lists, a.ranges, a.rows, a.hashed) {
			if sameKey(p.keys[0], k) && (isPattern(p.keys[0]) == isPattern(k) || kind(p.conditions[0]) == plan.Equality) {
				found = append(found, p.conditions...)
			}
		}
		return found
	}
	for _, p := range a.inside() {
		if sameKey(p.keys[0], k) && (p.keys[0].Opclass == k.Opclass || k.Opclass == "") {
			found = append(found, p.conditions...)
		}
	}
	return found
}

// inside are the parts of the indexes that search inside values.
func (a *asked) inside() []part {
	var parts []part
	for _, c := range slices.Concat(a.gin(), a.gist()) {
		p := part{keys: c.Index.Keys}
		for _, u := range c.Uses {
			if u.Condition != nil && u.Part == c.Index.Keys[0].SQL() {
				p.conditions = append(p.conditions, *u.Condition)
			}
		}
		parts = append(parts, p)
	}
	return slices.CompactFunc(parts, func(x, y part) bool { return sameKey(x.keys[0], y.keys[0]) && x.keys[0].Opclass == y.keys[0].Opclass })
}

// complete says whether nothing is left that a further key could serve: all equality is, and an order or a range too where there is one.
func (a *asked) complete(c Candidate) bool {
	serves := func(p part) bool {
		return slices.ContainsFunc(c.Uses, func(u Use) bool { return u.Condition.Text == p.conditions[0].Text }) ||
			slices.ContainsFunc(c.Index.Where, func(w shape.Clause) bool { return shape.Bare(w.SQL) == sqlOf(p.conditions[0]) })
	}
	for _, p := range slices.Concat(a.equal, a.lists) {
		if !serves(p) {
			return false
		}
	}
	behind := slices.Concat(a.ranges, a.rows)
	return (len(a.Order) == 0 || c.Ordered) && (len(behind) == 0 || slices.ContainsFunc(behind, serves))
}

// hindrance says why an index that has a column of the need's conditions as its first key cannot be used for them; empty: it has none, or it is not
// known why.
func (a *asked) hindrance(x shape.Index) string {
	k := x.Keys[0]
	for _, c := range a.Conditions {
		if k.Column == "" || c.Column != k.Column || x.Method != "btree" {
			continue
		}
		switch {
		case c.Kind == plan.Prefix && isText(a.Table.Columns[k.Column]) && !isPattern(k):
			return "its order is that of the column's collation, in which values that begin alike need not stand together"
		case c.Kind == plan.NonSargable:
			return "the condition is on " + shape.Bare(c.Expression) + ", the index on the column itself"
		case a.isOtherCollation(c, k):
			return "the condition compares by the collation " + a.collation(c) + ", the index is sorted by another"
		case c.Cast != "":
			return "the condition casts the column to " + c.Cast + ", the index holds it as it is: compare with a value of the column's own type"
		}
	}
	return ""
}
