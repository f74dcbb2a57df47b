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
}

// qualify has the plan's expressions mean the same whatever the search_path is: an index is built, and its expressions are tried and compared, where pg_catalog
// alone is searched. Names of which several functions or operators may be meant stay as they are, and the plan says so.
func (e *explainer) qualify(ctx context.Context, p *plan.Plan) error {
	if e.homes.asked == nil {
		e.homes = homes{asked: map[plan.Name]bool{}, schemas: map[plan.Name]string{}}
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
	return nil
}

// home is a row of names.sql.
type home struct {
	Kind         plan.NameKind
	Name, Schema string
	BuiltIn      bool // pg_catalog
	Own          []string
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
