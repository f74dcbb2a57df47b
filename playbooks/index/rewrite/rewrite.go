// Package rewrite turns a condition that no index can serve into one that an index can, within the whole statement. Whether it means the same is said.
//
// It works on the text: the statement's conditions (WHERE and ON, at any depth) are read with a small reader of SQL expressions, the conjuncts that a rule knows are
// exchanged, and everything else stays as it is, byte for byte. What is not understood is left alone. It sends nothing to a server: the caller lets the server
// parse the result.
package rewrite

import (
	"cmp"
	"slices"
	"strings"

	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// Rewrite is one statement written anew.
type Rewrite struct {
	From       string   // the condition, as the statement has it
	To         string   // what stands there instead
	SQL        string   // the whole statement, rewritten
	Equivalent bool     // it yields the same rows whatever the data, as long as no point in time leaves the range of its type
	Caveat     string   // where it does not, or what must be known: time zone, NULL, rounding; empty: nothing
	Rule       string   // what was turned: age, truncation, arithmetic, coalesce, cast, array, text, keyset, paging, subquery, json, clock, boolean
	Columns    []string // that stand bare now, unqualified
	Renumbered bool     // its parameters have other numbers than the statement's
	Derived    bool     // it joins a subquery that stays as it is, whose tables the join does not look into by an index

	edits []edit
	rank  int
}

// Known is what must be known for a rewrite to be right.
type Known struct {
	Tables     []*table.Table // of its plan: of a partitioned table the parent
	Parameters []string       // types of $1, $2, … as the server writes them; empty: not known, and then the parameter's condition is left alone
	TimeZone   string         // of the session that runs the statement; empty: not known
	Version    int            // server_version_num; 0: not known
}

// edit exchanges the bytes from start to end.
type edit struct {
	start, end int
	text       string
}

// The order of rewrites: what frees an index before what only helps it, and what needs an index of its own kind or another program last.
const (
	freesIndex = iota
	helpsIndex
	needsExpression
	needsProgram
)

// What is read and returned at most: nobody wrote a longer statement by hand, and nobody looks at more rewrites.
const (
	maxStatement  = 256 << 10 // bytes
	maxRewrites   = 50
	maxConditions = 2000 // that rules are tried on
	maxSources    = 1000 // of a FROM whose names are looked up
)

// Of returns the statement's rewrites, each of one condition; the most useful first. The statement is one that the server can parse, with literals or parameters.
func Of(statement string, in Known) []Rewrite {
	if len(statement) > maxStatement {
		return nil
	}
	w := &walker{text: scan(statement), known: in, done: map[*node]bool{}}
	w.statement()
	slices.SortStableFunc(w.found, func(a, b Rewrite) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(differs(a), differs(b)), cmp.Compare(a.edits[0].start, b.edits[0].start))
	})
	return w.found
}

// Together is the statement with several of its rewrites at once; those that touch what an earlier one did are left out.
func Together(statement string, rewrites []Rewrite) Rewrite {
	all := Rewrite{Equivalent: true, SQL: statement}
	var caveats, rules []string
	var taken []Rewrite
	for _, r := range rewrites {
		if slices.ContainsFunc(r.edits, func(e edit) bool { return overlaps(e, all.edits) }) {
			continue
		}
		taken = append(taken, r)
		all.edits = append(all.edits, r.edits...)
		all.Equivalent = all.Equivalent && r.Equivalent
		all.Columns = appendNew(all.Columns, r.Columns...)
		all.Derived = all.Derived || r.Derived
		caveats, rules = appendNew(caveats, r.Caveat), appendNew(rules, r.Rule)
	}
	all.Caveat, all.Rule = strings.Join(caveats, "; "), strings.Join(rules, ", ")
	all.From, all.To = exchanged(statement, taken)
	all.SQL = apply(statement, all.edits)
	all.renumber(statement)
	return all
}

// exchanged is what the statement has and what stands there instead: all of it from the first condition to the last, where they are of one WHERE; else each by itself.
func exchanged(statement string, rewrites []Rewrite) (from, to string) {
	lo, hi := len(statement), 0
	var edits []edit
	var each, instead []string
	for _, r := range rewrites {
		for _, e := range r.edits {
			lo, hi = min(lo, e.start), max(hi, e.end)
			edits = append(edits, e)
		}
		each, instead = append(each, r.From), append(instead, r.To)
	}
	lo, hi = closed(statement, lo, hi)
	if len(rewrites) == 1 || !isCondition(statement[lo:hi]) {
		return strings.Join(each, " … "), strings.Join(instead, " … ")
	}
	for i := range edits {
		edits[i].start, edits[i].end = edits[i].start-lo, edits[i].end-lo
	}
	return statement[lo:hi], apply(statement[lo:hi], edits)
}

// closed widens a piece of the statement until it has both ends of every parenthesis in it.
func closed(statement string, lo, hi int) (int, int) {
	t := scan(statement)
	for wider := true; wider; {
		wider = false
		for i, partner := range t.match {
			if partner >= 0 && lo <= t.start[i] && t.start[i] < hi && (t.start[partner] < lo || t.start[partner] >= hi) {
				lo, hi, wider = min(lo, t.start[partner]), max(hi, t.end(partner)), true
			}
		}
	}
	return lo, hi
}

// isCondition says whether a piece of SQL is a condition, or several joined by AND and OR.
func isCondition(sql string) bool {
	t := scan(sql)
	end := len(t.tokens)
	return t.clause(0, end, append([]string{"WHERE", "FROM", "ON", "JOIN", "SELECT", "UNION", "INTERSECT", "EXCEPT"}, behindWhere...)...) == end
}

func overlaps(e edit, others []edit) bool {
	return slices.ContainsFunc(others, func(o edit) bool { return e.start < o.end && o.start < e.end })
}

func differs(r Rewrite) int {
	if r.Equivalent {
		return 0
	}
	return 1
}

// appendNew appends the texts that are not there yet; empty ones never.
func appendNew(list []string, texts ...string) []string {
	for _, text := range texts {
		if text != "" && !slices.Contains(list, text) {
			list = append(list, text)
		}
	}
	return list
}

// apply makes the edits, which do not overlap.
func apply(statement string, edits []edit) string {
	sorted := slices.Clone(edits)
	slices.SortStableFunc(sorted, func(a, b edit) int { return cmp.Compare(a.start, b.start) })
	var b strings.Builder
	at := 0
	for _, e := range sorted {
		b.WriteString(statement[at:e.start])
		b.WriteString(e.text)
		at = e.end
	}
	b.WriteString(statement[at:])
	return b.String()
}

// renumber closes the gaps that parameters leave which the rewrite has no more use for: the server takes no statement whose parameter it cannot find.
func (r *Rewrite) renumber(statement string) {
	if kept := parametersOf(r.To); !slices.ContainsFunc(parametersOf(r.From), func(name string) bool { return !slices.Contains(kept, name) }) {
		return
	}
	before, after := parametersOf(statement), parametersOf(r.SQL)
	numbers := map[string]string{}
	next := 0
	for _, name := range after {
		next++
		numbers[name] = parameterName(next)
	}
	if len(after) == 0 || slices.Equal(before, after) || numbers[after[len(after)-1]] == after[len(after)-1] {
		return
	}
	r.SQL, r.To = exchangeParameters(r.SQL, numbers), exchangeParameters(r.To, numbers)
	r.Renumbered = true
	r.Caveat = strings.Join(appendNew(appendNew(nil, r.Caveat), "the parameters are numbered anew"), "; ")
}

func exchangeParameters(sql string, numbers map[string]string) string {
	var b strings.Builder
	for _, t := range sqltext.Scan(sql) {
		if number, found := numbers[t.Text]; found && t.Kind == sqltext.Parameter {
			b.WriteString(number)
		} else {
			b.WriteString(t.Text)
		}
	}
	return b.String()
}
