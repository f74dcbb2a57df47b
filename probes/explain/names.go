package explain

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// homes are where the names in plans' expressions were found, by the search_path that they were printed under.
type homes struct {
	asked   map[plan.Name]bool
	schemas map[plan.Name]string // quoted; empty: pg_catalog, or several may be meant
	rivals  []plan.Rival

	operators map[string][]home    // all of the name, where one of them computes something of a type outside of pg_catalog
	columns   map[[3]string]string // types outside of pg_catalog, by schema, relation and column
	read      map[[2]string]bool   // whose columns are known
}

// qualify has the plan's expressions mean the same whatever the search_path is: an index is built, and its expressions are tried and compared, where pg_catalog
// alone is searched. Names of which several functions or operators may be meant stay as they are, and the plan says so.
func (e *explainer) qualify(ctx context.Context, p *plan.Plan) error {
	if e.homes.asked == nil {
		e.homes = homes{asked: map[plan.Name]bool{}, schemas: map[plan.Name]string{}, operators: map[string][]home{}, columns: map[[3]string]string{},
			read: map[[2]string]bool{}}
	}
	byKind := map[plan.NameKind][]string{}
	for _, n := range p.Names() {
		if !e.homes.asked[n] {
			e.homes.asked[n] = true
			byKind[n.Kind] = append(byKind[n.Kind], n.Name)
		}
	}
	if len(byKind) > 0 {
		if err := e.find(ctx, byKind); err != nil {
			return fmt.Errorf("looking up the names in its plan: %w", err)
		}
	}
	p.Qualify(func(n plan.Name) string { return e.homes.schemas[n] })
	p.Origin.Rivals = slices.Clone(e.homes.rivals)
	if len(e.homes.operators) == 0 {
		return nil
	}
	return e.qualifyOperators(ctx, p)
}

// home is a row of names.sql.
type home struct {
	Kind         plan.NameKind
	Name, Schema string
	BuiltIn      bool // pg_catalog
	Own          []string
	Sides        []string // of an operator what stands left and right of it: a type outside of pg_catalog, * for any of several, else empty
	Computes     bool     // an operator that yields no boolean: it stands within what is compared
}

// find looks names up.
func (e *explainer) find(ctx context.Context, names map[plan.NameKind][]string) error {
	rows, err := e.Tx.Query(ctx, query("names"), names[plan.FunctionName], names[plan.TypeName], names[plan.CollationName], names[plan.ConfigurationName],
		names[plan.OperatorName], e.path.schemas)
	if err != nil {
		return err
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[home])
	if err != nil {
		return err
	}
	for len(all) > 0 {
		name := plan.Name{Kind: all[0].Kind, Name: all[0].Name}
		end := slices.IndexFunc(all, func(h home) bool { return h.Kind != name.Kind || h.Name != name.Name })
		if end < 0 {
			end = len(all)
		}
		e.homes.add(name, all[:end])
		all = all[end:]
	}
	return nil
}

// add takes what has the name, in the path's order. Types, collations and configurations are what is found first; which function or operator of several is meant
// depends on its arguments.
func (h *homes) add(name plan.Name, found []home) {
	overloads := name.Kind == plan.FunctionName || name.Kind == plan.OperatorName
	several := slices.ContainsFunc(found, func(f home) bool { return f.Schema != found[0].Schema })
	if !overloads || !several && name.Kind == plan.FunctionName {
		if !found[0].BuiltIn {
			h.schemas[name] = found[0].Schema
		}
		return
	}
	if slices.ContainsFunc(found, func(f home) bool { return f.Computes && len(f.Own) > 0 }) {
		h.operators[name.Name] = found
	}
	builtIn := slices.ContainsFunc(found, func(f home) bool { return f.BuiltIn })
	for _, f := range found {
		switch {
		case f.BuiltIn:
		case builtIn || name.Kind == plan.OperatorName:
			h.rivals = append(h.rivals, plan.Rival{Name: name, Types: f.Own})
		default:
			h.rivals = append(h.rivals, plan.Rival{Name: name}) // none is the server's: it cannot be told which is meant
		}
	}
}

// qualifyOperators gives the operators their schema that compute something of a type outside of pg_catalog, as -> of hstore does, where the types tell which one is
// meant. Those that compare stay as they are, as conditions are known by them.
func (e *explainer) qualifyOperators(ctx context.Context, p *plan.Plan) error {
	relations := map[string][2]string{}
	var err error
	p.Walk(func(n *plan.Node, _ int) {
		if n.Relation != "" && err == nil {
			relations[n.Alias] = [2]string{n.Schema, n.Relation}
			err = e.readColumns(ctx, n.Schema, n.Relation)
		}
	})
	if err != nil {
		return err
	}
	typeOf := func(alias, column string) string {
		if alias == "" && len(relations) == 1 {
			for _, only := range relations {
				return e.homes.columns[[3]string{only[0], only[1], column}]
			}
		}
		of := relations[alias]
		return e.homes.columns[[3]string{of[0], of[1], column}]
	}
	p.QualifyOperators(typeOf, e.homes.operatorSchema)
	return nil
}

// readColumns reads the columns of a relation whose types are outside of pg_catalog.
func (e *explainer) readColumns(ctx context.Context, schema, relation string) error {
	if e.homes.read[[2]string{schema, relation}] {
		return nil
	}
	e.homes.read[[2]string{schema, relation}] = true
	rows, err := e.Tx.Query(ctx, query("own_columns"), schema, relation)
	if err != nil {
		return fmt.Errorf("reading the types of %s's columns: %w", relation, err)
	}
	var column, typeName string
	_, err = pgx.ForEachRow(rows, []any{&column, &typeName}, func() error {
		e.homes.columns[[3]string{schema, relation, column}] = typeName
		return nil
	})
	if err != nil {
		return fmt.Errorf("reading the types of %s's columns: %w", relation, err)
	}
	return nil
}

// operatorSchema is the schema, quoted, of the operator that stands between these types; empty: it is the server's, it compares, or it cannot be told.
func (h *homes) operatorSchema(operator, left, right string) string {
	if left == "" && right == "" {
		return ""
	}
	schema := ""
	for _, o := range h.operators[operator] {
		fits := func(side, told string) bool { return told == "" || side == told || side == "*" }
		switch {
		case !fits(o.Sides[0], left) || !fits(o.Sides[1], right):
		case o.BuiltIn || !o.Computes || schema != "" && schema != o.Schema:
			return ""
		default:
			schema = o.Schema
		}
	}
	return schema
}
