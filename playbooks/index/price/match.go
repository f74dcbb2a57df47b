package price

import (
	"slices"
	"strings"

	"github.com/pgmedic/pgmedic/playbooks/index/candidate"
	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// answered is what one key of an index does for a set of conditions.
type answered struct {
	conditions []plan.Condition
	equal      bool    // the key is fixed to values: the next key narrows the search too
	list       float64 // values of its lists; 1 without a list
	rowwise    bool    // one of them compares rows
	quals      int     // comparisons that the server makes for each entry
}

// answers finds the conditions that a key of an index serves.
func answers(x shape.Index, key shape.Key, t *table.Table, conditions []plan.Condition) answered {
	a := answered{list: 1}
	for _, c := range conditions {
		kind, ok := compared(key, c)
		if !ok || !serves(x.Method, key, t, kind, c) {
			continue
		}
		a.conditions = append(a.conditions, c)
		a.quals++
		switch kind {
		case plan.Equality, plan.IsNull, plan.Boolean:
			a.equal = true
		case plan.AnyOf:
			a.equal = true
			a.list *= max(listLength(c.Value), 1)
		case plan.Prefix:
			a.quals++
		case plan.RowRange:
			a.rowwise = true
		}
	}
	return a
}

// compared says of what kind a condition on the key is; false where it is on something else. A regular expression with a plain beginning is a prefix.
func compared(key shape.Key, c plan.Condition) (plan.Kind, bool) {
	if _, ok := candidate.Beginning(c); ok && c.Op == "~" {
		if c.Compared == plan.Search {
			c.Compared = plan.Prefix
		} else {
			c.Kind = plan.Prefix
		}
	}
	switch {
	case key.Column == "":
		expression, kind := candidate.Expressed(c)
		return kind, expression != "" && sameText(expression, key.Expression)
	case c.Kind == plan.RowRange:
		return c.Kind, len(c.Columns) > 0 && c.Columns[0] == key.Column
	case c.Kind == plan.NonSargable || c.Kind == plan.Disjunction:
		return "", false
	}
	return c.Kind, c.Column == key.Column
}

// serves says whether an index of the method can look for a comparison of the kind.
func serves(method string, key shape.Key, t *table.Table, kind plan.Kind, c plan.Condition) bool {
	ordinary := kind == plan.Equality || kind == plan.AnyOf || kind == plan.Range || kind == plan.IsNull || kind == plan.IsNotNull || kind == plan.Boolean
	switch method {
	case "", "btree":
		byBytes := strings.HasSuffix(key.Opclass, "pattern_ops")
		if kind == plan.Range && byBytes {
			return false
		}
		return ordinary || kind == plan.RowRange || kind == plan.Prefix && (byBytes || bytewise(key, t)) || candidate.IsWithin(c)
	case "brin":
		return ordinary || kind == plan.Contains
	case "hash":
		return kind == plan.Equality
	case "gin":
		trigrams := strings.HasSuffix(key.Opclass, "trgm_ops")
		return kind == plan.Contains || kind == plan.Opaque && isContainment(c.Op) || trigrams && (kind == plan.Search || kind == plan.Prefix)
	}
	trigrams := strings.HasSuffix(key.Opclass, "trgm_ops")
	return kind == plan.Contains || kind == plan.Opaque && (isContainment(c.Op) || candidate.IsPlaced(c)) || kind == plan.Equality || trigrams && (kind == plan.Search || kind == plan.Prefix)
}

// bytewise says whether the key's values stand in the order of their bytes, so that those with one beginning stand together.
func bytewise(key shape.Key, t *table.Table) bool {
	switch strings.Trim(key.Collation, `"`) {
	case "":
		return key.Column != "" && t.Columns[key.Column].CollatesC
	case "C", "POSIX", "pg_catalog.C":
		return true
	}
	return false
}

// isContainment names the operators of plan.Contains.
func isContainment(op string) bool {
	return slices.Contains([]string{"@>", "<@", "&&", "?", "?|", "?&", "@@", "@?", "@@@"}, op)
}

// implied returns the conditions that need not be checked because the predicate of the index says them.
func implied(x shape.Index, conditions []plan.Condition) []plan.Condition {
	var known []plan.Condition
	for _, c := range conditions {
		if slices.ContainsFunc(x.Where, func(w shape.Clause) bool { return isClause(c, w) }) {
			known = append(known, c)
		}
	}
	return known
}

// isClause says whether a condition is a clause of a predicate, under whatever alias.
func isClause(c plan.Condition, w shape.Clause) bool {
	elsewhere := func(column string) bool { return !slices.Contains(w.Columns, column) }
	if c.Column != "" && elsewhere(c.Column) || slices.ContainsFunc(c.Columns, elsewhere) {
		return false
	}
	if sameText(unqualified(c), w.SQL) {
		return true
	}
	for _, p := range plan.Conjuncts(w.SQL) {
		if p.Kind == c.Kind && (p.Kind != plan.Opaque || p.Op != "") && p.Column == c.Column && p.Column != "" && p.Op == c.Op && p.Negated == c.Negated && sameText(p.Value, c.Value) {
			return true
		}
	}
	return false
}

// predicate is the index's predicate as conditions: those of the need where they say the same, so that a count knows them by one name.
func predicate(x shape.Index, need candidate.Need) []plan.Condition {
	var conditions []plan.Condition
	for _, w := range x.Where {
		if i := slices.IndexFunc(need.Conditions, func(c plan.Condition) bool { return isClause(c, w) }); i >= 0 {
			conditions = append(conditions, need.Conditions[i])
			continue
		}
		conditions = append(conditions, plan.Conjuncts(w.SQL)...)
	}
	return conditions
}

// added is the predicate as far as it tells more than the conditions do that the index's keys answer, as the planner adds it to them (add_predicate_to_index_quals): a
// comparison with a column leaves its NULLs out already.
func added(x shape.Index, need candidate.Need) []plan.Condition {
	return slices.DeleteFunc(predicate(x, need), func(w plan.Condition) bool {
		return w.Kind == plan.IsNotNull && slices.ContainsFunc(need.Conditions, func(c plan.Condition) bool {
			isKey := slices.ContainsFunc(x.Keys, func(k shape.Key) bool { return k.Column != "" && k.Column == c.Column })
			return isKey && c.Column == w.Column && slices.Contains([]plan.Kind{plan.Equality, plan.AnyOf, plan.Range}, c.Kind)
		})
	})
}

// unqualified is a condition's text without its alias.
func unqualified(c plan.Condition) string {
	if c.Qualifier == "" {
		return c.Text
	}
	return strings.ReplaceAll(c.Text, sqltext.Ident(c.Qualifier)+".", "")
}

// sameText compares two texts of the server's deparser, which may differ in the parentheses around the whole and in white space.
func sameText(a, b string) bool {
	return a == b || slices.Equal(tokens(shape.Bare(sqltext.PlainOperators(a))), tokens(shape.Bare(sqltext.PlainOperators(b))))
}

// tokens splits a text as the server's lexer does, without white space.
func tokens(text string) []string {
	var words []string
	for _, t := range sqltext.Scan(text) {
		if t.Kind != sqltext.Space {
			words = append(words, t.Text)
		}
	}
	return words
}

// unknownList is how many values the planner takes a list to hold that it cannot see (estimate_array_length).
const unknownList = 10

// listLength counts the values of a list as printed: '{1,2}'::integer[] or ARRAY[$1, $2].
func listLength(value string) float64 {
	words := tokens(shape.Bare(value))
	switch {
	case len(words) == 0:
	case strings.HasPrefix(words[0], "'{"), strings.HasPrefix(words[0], "E'{"):
		return elements(words[0])
	case words[0] == "ARRAY":
		return topLevel(words)
	}
	return unknownList
}

// elements counts those of an array's text.
func elements(literal string) float64 {
	if strings.Contains(literal, "'{}'") {
		return 0
	}
	n, quoted := 1.0, false
	for i := 0; i < len(literal); i++ {
		switch {
		case literal[i] == '\\':
			i++
		case literal[i] == '"':
			quoted = !quoted
		case literal[i] == ',' && !quoted:
			n++
		}
	}
	return n
}

// topLevel counts the elements between ARRAY[ and ].
func topLevel(words []string) float64 {
	n, depth := 1.0, 0
	for _, w := range words {
		switch w {
		case "(", "[":
			depth++
		case ")", "]":
			depth--
		case ",":
			if depth == 1 {
				n++
			}
		}
	}
	return n
}
