package rewrite

import (
	"slices"
	"strings"

	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// level is one query with what its FROM names; a subquery sees the levels around it too.
type level struct {
	parent  *level
	sources []source
	outer   bool     // it has an outer join: a column that is NOT NULL can be NULL
	natural bool     // a NATURAL join merges columns that are not named
	merged  []string // columns that USING merges
}

// source is one item of a FROM.
type source struct {
	alias  string // its own name where it has none
	schema string // as written; empty where it has an alias
	table  *table.Table
}

// resolved is the column that a name stands for.
type resolved struct {
	table.Column
	source  source
	notNull bool // its value here is never NULL
}

// typ is the column's type as pg_type names it.
func (c resolved) typ() string {
	if c.TypeName != "" {
		return c.TypeName
	}
	typ, _ := typeName(c.Type)
	return typ
}

// resolve finds the column; false where it cannot be told which one it is.
func (l *level) resolve(n *node) (resolved, bool) {
	if n.kind != column || len(n.path) > 3 || l.isCrowded() {
		return resolved{}, false
	}
	name := n.path[len(n.path)-1]
	for ; l != nil; l = l.parent {
		if len(n.path) > 1 {
			if found, source := l.source(n.path[:len(n.path)-1]); found {
				return l.column(source, name)
			}
			continue
		}
		if l.natural || slices.Contains(l.merged, name) {
			return resolved{}, false
		}
		switch having := l.having(name); {
		case len(having) == 1:
			return l.column(having[0], name)
		case len(having) > 1 || !l.complete():
			return resolved{}, false
		}
	}
	return resolved{}, false
}

// isCrowded says whether the query, or one around it, has more sources than names are looked up in.
func (l *level) isCrowded() bool {
	return l != nil && (len(l.sources) > maxSources || l.parent.isCrowded())
}

// source finds the item of the FROM that a qualifier names.
func (l *level) source(qualifier []string) (bool, source) {
	for _, s := range l.sources {
		switch {
		case len(qualifier) == 1 && s.alias == qualifier[0]:
			return true, s
		case len(qualifier) == 2 && s.table != nil && s.schema == qualifier[0] && s.alias == qualifier[1]:
			return true, s
		}
	}
	return false, source{}
}

// having returns the sources that are known to have a column of this name.
func (l *level) having(name string) []source {
	var found []source
	for _, s := range l.sources {
		if s.table == nil {
			continue
		}
		if _, has := s.table.Columns[name]; has {
			found = append(found, s)
		}
	}
	return found
}

// complete says whether all columns of the level are known, so that a name that is not among them belongs to a level around it.
func (l *level) complete() bool {
	return !slices.ContainsFunc(l.sources, func(s source) bool { return s.table == nil })
}

func (l *level) column(s source, name string) (resolved, bool) {
	if s.table == nil {
		return resolved{}, false
	}
	c, found := s.table.Columns[name]
	if !found {
		return resolved{}, false
	}
	return resolved{Column: c, source: s, notNull: c.NotNull && !l.outer}, true
}

// table finds the table that a name in a FROM stands for: without a schema only where there is one of that name, and no WITH or view can be meant.
func (w *walker) table(path []string) *table.Table {
	name := path[len(path)-1]
	if len(path) > 2 || len(path) == 1 && w.ctes[name] {
		return nil
	}
	var found []*table.Table
	for _, t := range w.known.Tables {
		if t != nil && t.Name == name && (len(path) == 1 && !t.Namesake || len(path) == 2 && t.Schema == path[0]) {
			found = append(found, t)
		}
	}
	if len(found) != 1 {
		return nil
	}
	return found[0]
}

// namesOfCTEs are the names that a WITH gives anywhere in the statement.
func (t *text) namesOfCTEs() map[string]bool {
	names := map[string]bool{}
	for i := range t.tokens {
		if !t.isName(i, len(t.tokens)) {
			continue
		}
		at := i + 1
		if t.is(at, len(t.tokens), "(") {
			at = t.after(at, len(t.tokens))
		}
		if !t.is(at, len(t.tokens), "AS") {
			continue
		}
		for at++; t.is(at, len(t.tokens), "NOT", "MATERIALIZED"); {
			at++
		}
		if t.is(at, len(t.tokens), "(") {
			names[t.name(i)] = true
		}
	}
	return names
}

// written is how the column is written with its source in front, for a place where other columns of its name are.
func (c resolved) written() string { return sqltext.Ident(c.source.alias, c.Name) }

// sameText says whether two pieces of SQL are the same but for white space, comments and the case of words.
func sameText(a, b string) bool { return strings.Join(solid(a), " ") == strings.Join(solid(b), " ") }

func solid(sql string) []string {
	var words []string
	for _, t := range sqltext.Scan(sql) {
		switch t.Kind {
		case sqltext.Space, sqltext.Comment:
		case sqltext.Word:
			words = append(words, strings.ToLower(t.Text))
		default:
			words = append(words, t.Text)
		}
	}
	return words
}
