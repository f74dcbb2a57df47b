package plan

import (
	"slices"
	"strings"

	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// NameKind is what a name in a printed expression stands for.
type NameKind string

// The kinds of names.
const (
	FunctionName      NameKind = "function"
	TypeName          NameKind = "type"
	CollationName     NameKind = "collation"
	ConfigurationName NameKind = "configuration" // of full text search: a constant of the type regconfig
	OperatorName      NameKind = "operator"
)

// Name is a name that a printed expression has without its schema: it was found by a search_path.
type Name struct {
	Kind NameKind
	Name string
}

// Rival is a function or an operator outside of pg_catalog that the search_path of a plan leads to, and that may be meant where its name is printed without
// a schema.
type Rival struct {
	Name
	Types []string // of its arguments those outside of pg_catalog, as SQL, of an array its elements'; none: what has only the server's own types may mean it
}

// mention is a name and the token that it stands in.
type mention struct {
	Name
	at int
}

// mentions finds the names without a schema in a text that the server printed.
func mentions(tokens []sqltext.Token) []mention {
	var solid []int
	for i, t := range tokens {
		if t.Kind != sqltext.Space {
			solid = append(solid, i)
		}
	}
	is := func(i int, text string) bool { return i >= 0 && i < len(solid) && tokens[solid[i]].Is(text) }
	var found []mention
	add := func(i int, kind NameKind, name string) { found = append(found, mention{Name{kind, name}, solid[i]}) }
	for i, at := range solid {
		t := tokens[at]
		switch {
		case is(i-1, ".") || is(i+1, "."):
		case t.Kind == sqltext.Operator && t.Text != "::":
			add(i, OperatorName, t.Text)
		case t.Is("DISTINCT") || t.Is("NULLIF") || t.Is("CASE"):
			add(i, OperatorName, "=")
		case t.Kind == sqltext.String && is(i+1, "::") && is(i+2, "regconfig") && isPlainConstant(t.Text):
			add(i, ConfigurationName, strings.Trim(t.Text, "'"))
		case !isName(t) || t.Kind == sqltext.Word && sqltext.Ident(t.Text) != t.Text: // a keyword, or not lower case
		case is(i-1, "::"):
			if !is(i+1, "precision") {
				add(i, TypeName, unquote(t.Text))
			}
		case is(i-1, "COLLATE"):
			add(i, CollationName, unquote(t.Text))
		case is(i+1, "("):
			add(i, FunctionName, unquote(t.Text))
		}
	}
	return found
}

// isPlainConstant says whether a constant is a name that needs no quotes.
func isPlainConstant(text string) bool {
	name := strings.Trim(text, "'")
	return text == "'"+name+"'" && sqltext.Ident(name) == name
}

// Names returns the names without a schema in the plan's expressions, each once.
func (p *Plan) Names() []Name {
	seen := map[Name]bool{}
	var names []Name
	p.eachExpression(func(text string) string {
		for _, m := range mentions(sqltext.Scan(text)) {
			if !seen[m.Name] {
				seen[m.Name] = true
				names = append(names, m.Name)
			}
		}
		return text
	})
	return names
}

// Qualify writes the schema before the names in the plan's expressions for which schemaOf has one, quoted as SQL: they then mean the same where pg_catalog
// alone is searched.
func (p *Plan) Qualify(schemaOf func(Name) string) {
	p.eachExpression(func(text string) string {
		tokens := sqltext.Scan(text)
		changed := false
		for _, m := range mentions(tokens) {
			schema := schemaOf(m.Name)
			switch {
			case schema == "":
				continue
			case m.Kind == ConfigurationName:
				tokens[m.at].Text = sqltext.Literal(schema + "." + m.Name.Name)
			default:
				tokens[m.at].Text = schema + "." + tokens[m.at].Text
			}
			changed = true
		}
		if !changed {
			return text
		}
		var b strings.Builder
		for _, t := range tokens {
			b.WriteString(t.Text)
		}
		return b.String()
	})
}

// eachExpression puts every expression of the plan through a function.
func (p *Plan) eachExpression(do func(string) string) {
	p.Walk(func(n *Node, _ int) {
		for _, text := range []*string{&n.IndexCond, &n.RecheckCond, &n.Filter, &n.JoinFilter, &n.OneTimeFilter, &n.HashCond, &n.MergeCond} {
			*text = do(*text)
		}
		for _, list := range [][]string{n.SortKey, n.Output} {
			for i := range list {
				list[i] = do(list[i])
			}
		}
		for name, text := range n.Fields {
			if isExpression(name) {
				n.Fields[name] = do(text)
			}
		}
	})
}

// isExpression says whether a field of EXPLAIN holds expressions.
func isExpression(field string) bool {
	ends := []string{" Key", " Cond", " Condition", " Filter", " Call"}
	return field == "Order By" || slices.ContainsFunc(ends, func(end string) bool { return strings.HasSuffix(field, end) })
}

// asNames are types whose constants are names that a search_path finds, other than regconfig's.
const asNames = "regclass regcollation regdictionary regoper regoperator regproc regprocedure regtype"

// Settled says whether an expression of the plan, qualified, means where pg_catalog alone is searched what it means in the plan. types are those of its columns
// that are not the server's, as SQL, of an array its elements'; strange: there are others.
func (o Origin) Settled(expression string, types []string, strange bool) bool {
	tokens := sqltext.Scan(expression)
	for i, t := range tokens {
		if t.Is("::") && i+1 < len(tokens) && slices.Contains(strings.Fields(asNames), tokens[i+1].Text) {
			return false
		}
		// what a function of somebody's yields is not known
		strange = strange || t.Is("(") && i > 1 && isName(tokens[i-1]) && tokens[i-2].Is(".")
	}
	found := mentions(tokens)
	return !slices.ContainsFunc(o.Rivals, func(r Rival) bool {
		named := slices.ContainsFunc(found, func(m mention) bool { return m.Name == r.Name })
		return named && !slices.ContainsFunc(r.Types, func(name string) bool {
			return !strange && !slices.Contains(types, name) && !strings.Contains(expression, name)
		})
	})
}
