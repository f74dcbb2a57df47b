package plan

// Kind classifies a conjunct by what an index could do with it.
type Kind string

// The kinds of conjuncts. What the reader does not know is Opaque, never a wrong kind.
const (
	Equality    Kind = "equality" // column = value
	AnyOf       Kind = "any of"   // column = ANY (values)
	Range       Kind = "range"    // column <, <=, >, >= value
	IsNull      Kind = "is null"
	IsNotNull   Kind = "is not null"
	Boolean     Kind = "boolean"      // column, or NOT column
	NotEqual    Kind = "not equal"    // column <> value, or column <> ALL (values)
	NonSargable Kind = "not sargable" // the column stands inside a function or an expression: no index on it can serve
	Opaque      Kind = "opaque"       // Column, Op and Value are set where it is column Op value with an operator of no kind above
	RowRange    Kind = "row range"    // (column, column, …) <, <=, >, >= (value, value, …): Columns has them in order
	Prefix      Kind = "prefix"       // column LIKE 'constant%' or ^@: values that begin with a constant
	Search      Kind = "search"       // LIKE with a leading wildcard or an unknown pattern, ILIKE, a regular expression, %: what a trigram index serves
	Contains    Kind = "contains"     // @>, <@, &&, ?, ?|, ?&, @@, @? of a column: what a GIN or GiST index serves
	Disjunction Kind = "or"           // Arms
)

// Condition is one conjunct of a condition that the server printed.
type Condition struct {
	Text      string // as printed
	Kind      Kind
	Column    string // the column without its qualifier, unquoted; of NonSargable the one column inside, where there is just one; of RowRange the first
	Qualifier string // of its relation's columns, as printed, unquoted: as a rule the alias; empty where none stands
	Cast      string // a cast around the column that keeps an index usable where it only relabels: "text" does for varchar; on text it is a COLLATE
	Op        string // the operator as printed, for example "="; turned round where the column stands on the right
	Value     string // the other side as printed, for example "$6" or "'x'::text"
	Param     int    // n where the other side is $n, with or without casts; 0 otherwise
	Join      bool   // the other side holds another relation's column
	Negated   bool   // Boolean, also as Compared: NOT column
	Collation string // SQL of the collation of the comparison, where it is printed: that of a COLLATE beside a constant is, beside a column not

	Columns    []string      // every column of its relation in it, each once; of RowRange in the row's order
	Expression string        // of NonSargable: the side that holds the column, without qualifiers; an index on it would serve where it is immutable
	Compared   Kind          // of NonSargable: the kind that it would have if Expression were a column; of value = ANY (Expression) Contains
	Arms       [][]Condition // of Disjunction: the conjuncts of each arm
}

// Conjuncts splits a condition as EXPLAIN prints it (Index Cond, Filter, …) at its top-level ANDs and classifies each. It reads the predicates of
// pg_get_expr too. Before version 17 the result of an InitPlan is printed like a parameter: Param may then be no parameter of the statement. Where a
// conjunct compares two relations, it is taken as a condition on the one whose bare column stands there, on the left rather than on the right.
func Conjuncts(condition string) []Condition {
	return conjunctsAs(condition, (*expression).subject, nil)
}

// ConjunctsOf is Conjuncts as conditions on the relation of this alias: on a conjunct without a column of it nothing is said (Opaque, no Columns).
func ConjunctsOf(condition, alias string) []Condition { return ConjunctsWith(condition, alias, nil) }

// ConjunctsWith is ConjunctsOf where further functions, by their names as printed, are known to have one value for the whole statement: they are stable or
// immutable. Of a function that is not known nothing is said.
func ConjunctsWith(condition, alias string, steady map[string]bool) []Condition {
	return conjunctsAs(condition, func(*expression) string { return alias }, steady)
}

// conjunctsAs asks of each conjunct which relation it is taken to be about.
func conjunctsAs(condition string, about func(*expression) string, steady map[string]bool) []Condition {
	if condition == "" {
		return nil
	}
	var conditions []Condition
	for _, e := range readExpression(condition).conjuncts() {
		conditions = append(conditions, classify(e, about(e), steady))
	}
	return conditions
}

func (e *expression) conjuncts() []*expression { return e.flat(and) }

// flat returns the parts of nested ANDs, or of nested ORs; of anything else itself.
func (e *expression) flat(f form) []*expression {
	if e.form != f {
		return []*expression{e}
	}
	var all []*expression
	for _, arg := range e.args {
		all = append(all, arg.flat(f)...)
	}
	return all
}

// subject is the qualifier of the relation that a condition is taken to be about where nobody says which.
func (e *expression) subject() string {
	if len(e.args) == 2 {
		for _, side := range e.args {
			if side.isColumn() {
				return side.bare().qualifier
			}
		}
	}
	for _, c := range e.columns() {
		return c.qualifier
	}
	return ""
}
