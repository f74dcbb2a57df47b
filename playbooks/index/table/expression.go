package table

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// Computed is what an expression over the columns of a table is to an index.
type Computed struct {
	Immutable bool   // an index may have it as a key
	Yields    Column // its type, described as a column's; without a name and statistics
}

// Immutable says whether an expression over some columns of the table may be a key of an index.
func Immutable(ctx context.Context, tx pgx.Tx, t *Table, expression string, columns []string) (bool, error) {
	c, err := Compute(ctx, tx, t, expression, columns)
	return c.Immutable, err
}

// Compute finds out what an expression is to an index, by planning alone: nothing of the table is read. The text is the server's own. The planner folds what is
// immutable into a constant as soon as its arguments are constants, and calls what is stable or volatile later. Each call, operator and cast is asked for by itself,
// from the innermost outwards, with constants that are not NULL: a strict function of a NULL is folded whatever it is. What cannot be told is not immutable.
// Costs about 2 ms for each of them; versions 13 and later; needs nothing but the rights to call. The names are those of the transaction's search_path, which must be
// pg_catalog alone, as it is when an index is built. What the planner folds it runs: for a role that may have the server run programs, nothing is asked of an expression
// with a function or a type that belongs to a role that is no superuser.
func Compute(ctx context.Context, tx pgx.Tx, t *Table, expression string, columns []string) (Computed, error) {
	f := &folder{ctx: ctx, tx: tx, table: t, types: map[uint32]described{}}
	c, err := f.compute(expression, columns)
	if errors.Is(err, errNoKey) {
		return Computed{}, nil
	}
	if err != nil {
		return Computed{}, fmt.Errorf("finding out whether an index can have the expression %s: %w", sqltext.CleanLine(sqltext.Redact(expression)), err)
	}
	return c, nil
}

// errNoKey says that an expression is none of an index, or that it cannot be told.
var errNoKey = errors.New("no expression of an index")

// folder replaces the parts of an expression by constants.
type folder struct {
	ctx     context.Context
	tx      pgx.Tx
	table   *Table
	types   map[uint32]described
	sources []string // "constant AS name"
}

// described is a type, with a constant of it.
type described struct {
	Column
	constant string // SQL; empty: none is known
}

func (f *folder) compute(expression string, columns []string) (Computed, error) {
	for _, name := range columns {
		if err := f.addColumn(name); err != nil {
			return Computed{}, err
		}
	}
	tokens := sqltext.WithOperators(sqltext.Solid(expression))
	if len(tokens) == 0 || slices.ContainsFunc(tokens, isStrange) {
		return Computed{}, errNoKey
	}
	if err := f.refuseForeign(tokens); err != nil {
		return Computed{}, err
	}
	for {
		start, end, found := innermost(tokens)
		if !found {
			break
		}
		name, err := f.fold(tokens[start:end])
		if err != nil {
			return Computed{}, err
		}
		tokens = slices.Concat(tokens[:start], []sqltext.Token{{Kind: sqltext.QuotedName, Text: name}}, tokens[end:])
	}
	oid, err := f.check(sqltext.Joined(tokens))
	if err != nil {
		return Computed{}, err
	}
	return f.yields(oid, tokens, columns)
}

// yields describes the type of the whole expression; its collation is that of its columns, where these have one.
func (f *folder) yields(oid uint32, tokens []sqltext.Token, columns []string) (Computed, error) {
	d, err := f.describe(oid)
	if err != nil {
		return Computed{}, err
	}
	rows, err := f.tx.Query(f.ctx, query("table_classes"), []uint32{d.TypeOID})
	if err != nil {
		return Computed{}, err
	}
	classes, err := readClasses(rows)
	if err != nil {
		return Computed{}, err
	}
	c := d.withClasses(classes[d.TypeOID])
	for _, name := range columns {
		if column := f.table.Columns[name]; c.Collation != "" && column.Collation != "" {
			c.Collation, c.CollatesC, c.Nondeterministic = column.Collation, column.CollatesC, column.Nondeterministic
		}
	}
	if slices.ContainsFunc(tokens, func(t sqltext.Token) bool { return t.Is("COLLATE") }) {
		c.CollatesC = false // it may be another
	}
	return Computed{Immutable: true, Yields: c}, nil
}

// isStrange says whether a token begins what is not asked for piece by piece: a part of CASE may never be computed, a subquery is none of an index, ANY needs its
// parentheses, and the value of CURRENT_DATE and the like changes.
func isStrange(t sqltext.Token) bool {
	words := []string{"CASE", "SELECT", "ANY", "ALL", "CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "LOCALTIME", "LOCALTIMESTAMP", "CURRENT_USER",
		"SESSION_USER", "CURRENT_ROLE", "CURRENT_CATALOG", "CURRENT_SCHEMA", "USER"}
	return t.Kind == sqltext.Parameter || t.Kind == sqltext.Word && slices.Contains(words, t.Text)
}

// addColumn puts a constant in the place of a column.
func (f *folder) addColumn(name string) error {
	c, ok := f.table.Columns[name]
	if !ok {
		return errNoKey
	}
	d, err := f.describe(c.TypeOID)
	if err != nil {
		return err
	}
	if d.constant == "" {
		if d.constant, err = f.sample(name, d.Type); err != nil {
			return err
		}
	}
	if c.Collation != "" && c.Collation != `"default"` {
		d.constant += " COLLATE " + c.Collation
	}
	f.sources = append(f.sources, d.constant+" AS "+sqltext.Ident(name))
	return nil
}

// sample is a constant from the column's statistics.
func (f *folder) sample(name, typeName string) (string, error) {
	var value *string
	for _, from := range append([]*Table{f.table}, f.table.Partitions...) {
		err := f.tx.QueryRow(f.ctx, query("table_sample"), from.Schema, from.Name, name).Scan(&value)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return "", err
		}
		if value != nil {
			return sqltext.Literal(*value) + "::" + typeName, nil
		}
	}
	return "", errNoKey
}

// fold checks a part of the expression and puts a constant of its type in its place, under a new name.
func (f *folder) fold(part []sqltext.Token) (string, error) {
	if inner := part[1 : len(part)-1]; part[0].Is("(") && part[len(part)-1].Is(")") && len(inner) == 1 && inner[0].Kind != sqltext.String && inner[0].Kind != sqltext.Number {
		return inner[0].Text, nil // only parentheses
	}
	oid, err := f.check(sqltext.Joined(part))
	if err != nil {
		return "", err
	}
	d, err := f.describe(oid)
	if err != nil {
		return "", err
	}
	if d.constant == "" {
		return "", errNoKey
	}
	name := fmt.Sprintf(`"pgmedic %d"`, len(f.sources))
	f.sources = append(f.sources, d.constant+" AS "+name)
	return name, nil
}

// check fails with errNoKey where a part, whose arguments are constants, is not folded; else it returns the oid of the part's type.
func (f *folder) check(part string) (uint32, error) {
	from := ""
	if len(f.sources) > 0 {
		from = " FROM (SELECT " + strings.Join(f.sources, ", ") + ") AS pgmedic"
	}
	var oid uint32
	err := f.attempt(func(tx pgx.Tx) error {
		described, err := tx.Conn().Prepare(f.ctx, "", "SELECT /* pgmedic:expression_type */ "+part+from)
		if err == nil && len(described.Fields) == 1 {
			oid = described.Fields[0].DataTypeOID
		}
		return err
	})
	if err != nil || oid == 0 {
		return 0, refused(err)
	}
	var answer []struct{ Plan struct{ Output []string } }
	err = f.attempt(func(tx pgx.Tx) error {
		sql := "EXPLAIN (VERBOSE, FORMAT JSON) SELECT /* pgmedic:expression_fold */ (" + part + ") IS NOT NULL" + from
		return tx.QueryRow(f.ctx, sql, pgx.QueryExecModeExec).Scan(&answer)
	})
	if strings.HasPrefix(pgerr.State(err), "22") {
		return oid, nil // it was computed while it was planned, and did not like the constant
	}
	if err != nil {
		return 0, refused(err)
	}
	if len(answer) != 1 || len(answer[0].Plan.Output) != 1 || !slices.Contains([]string{"true", "false"}, answer[0].Plan.Output[0]) {
		return 0, errNoKey
	}
	return oid, nil
}

// attempt leaves the transaction usable where the server refuses.
func (f *folder) attempt(do func(pgx.Tx) error) error {
	return pgx.BeginFunc(f.ctx, f.tx, do)
}

// refused is what the server's refusal of an expression means: whatever it says, as anybody's function may raise anything, the expression is none of an index. A timeout, a
// lock and a server that ends the session say nothing of it.
func refused(err error) error {
	state := pgerr.State(err)
	switch {
	case err == nil:
		return errNoKey
	case state == "", state == "55P03", strings.HasPrefix(state, "57"), strings.HasPrefix(state, "08"):
		return err
	}
	return errNoKey
}

// refuseForeign fails with errNoKey where a powerful role would lend its rights to a function of somebody's.
func (f *folder) refuseForeign(tokens []sqltext.Token) error {
	var schemas, names []string
	for _, n := range sqltext.Names(sqltext.Joined(tokens)) {
		if n.Schema != "" {
			schemas, names = append(schemas, n.Schema), append(names, n.Name)
		}
	}
	for _, t := range tokens {
		if schema, name, ok := sqltext.SchemaOperator(t); ok {
			schemas, names = append(schemas, schema), append(names, name)
		}
	}
	if len(names) == 0 {
		return nil // all are the server's own
	}
	var foreign bool
	err := f.tx.QueryRow(f.ctx, query("table_foreign"), schemas, names).Scan(&foreign)
	if err == nil && foreign {
		return errNoKey
	}
	return err
}
