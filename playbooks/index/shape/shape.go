// Package shape is what an index is made of, and its SQL. It does no I/O.
package shape

import (
	"slices"
	"strings"

	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// Index is everything of an index but its name.
type Index struct {
	Schema, Table string
	Method        string // access method: btree, gin, gist, spgist, brin, hash
	Unique        bool
	Keys          []Key
	Include       []string // columns that are stored and not searched
	Where         []Clause // the predicate, joined by AND; none: the whole table
	With          string   // storage parameters, for example "pages_per_range = 32"; empty: the defaults
}

// Key is one column or expression of an index.
type Key struct {
	Column     string   // empty where it is an expression
	Expression string   // SQL without qualifiers, as the server prints it, without parentheses around the whole
	Columns    []string // that the expression reads
	Collation  string   // SQL; empty: the column's own
	Opclass    string   // SQL, with its schema where that is not pg_catalog; empty: the type's default of the method
	Descending bool
	NullsFirst bool // as in force: the default where descending
}

// Clause is one conjunct of a predicate.
type Clause struct {
	SQL     string // without qualifiers, as the server prints it, without parentheses around the whole
	Columns []string
}

// SQL writes the key; what is the default is left out.
func (k Key) SQL() string {
	text := sqltext.Ident(k.Column)
	if k.Column == "" {
		text = "(" + k.Expression + ")"
	}
	if k.Collation != "" {
		text += " COLLATE " + k.Collation
	}
	if k.Opclass != "" {
		text += " " + k.Opclass
	}
	if k.Descending {
		text += " DESC"
	}
	switch {
	case k.NullsFirst && !k.Descending:
		text += " NULLS FIRST"
	case !k.NullsFirst && k.Descending:
		text += " NULLS LAST"
	}
	return text
}

// KeyList writes all keys.
func (x Index) KeyList() string {
	texts := make([]string, len(x.Keys))
	for i, k := range x.Keys {
		texts[i] = k.SQL()
	}
	return strings.Join(texts, ", ")
}

// Predicate writes what stands behind WHERE; empty: the whole table.
func (x Index) Predicate() string {
	texts := make([]string, len(x.Where))
	for i, c := range x.Where {
		texts[i] = c.SQL
		if len(x.Where) > 1 {
			texts[i] = "(" + c.SQL + ")"
		}
	}
	return strings.Join(texts, " AND ")
}

// Definition is everything behind the index's name, from ON to the end.
func (x Index) Definition() string { return "ON " + x.on() + x.body() }

// on names the table.
func (x Index) on() string { return sqltext.Ident(x.Schema, x.Table) }

// body is everything behind the table's name.
func (x Index) body() string {
	text := x.using() + " (" + x.KeyList() + ")" + x.tail()
	if len(x.Where) > 0 {
		text += " WHERE " + x.Predicate()
	}
	return text
}

// using names the access method where it is not the default.
func (x Index) using() string {
	if x.Method != "btree" && x.Method != "" {
		return " USING " + x.Method
	}
	return ""
}

// tail is what stands between the keys and the predicate.
func (x Index) tail() string {
	text := ""
	if len(x.Include) > 0 {
		names := make([]string, len(x.Include))
		for i, column := range x.Include {
			names[i] = sqltext.Ident(column)
		}
		text += " INCLUDE (" + strings.Join(names, ", ") + ")"
	}
	if x.With != "" {
		text += " WITH (" + x.With + ")"
	}
	return text
}

// Columns names every column that the index reads, keys first, each once: a change of one of them makes an update that is not HOT.
func (x Index) Columns() []string {
	var names []string
	for _, k := range x.Keys {
		if k.Column != "" {
			names = append(names, k.Column)
		}
		names = append(names, k.Columns...)
	}
	names = append(names, x.Include...)
	for _, c := range x.Where {
		names = append(names, c.Columns...)
	}
	var once []string
	for _, name := range names {
		if !slices.Contains(once, name) {
			once = append(once, name)
		}
	}
	return once
}
