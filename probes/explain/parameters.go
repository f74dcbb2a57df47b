package explain

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// meeting is the column that a parameter is compared with.
type meeting struct {
	schema, relation, column string
	kind                     plan.Kind
}

// meetings finds the column of each parameter in the conditions of a plan's scans; the first that names the column stands.
func meetings(p *plan.Plan) map[int]meeting {
	found := map[int]meeting{}
	p.Walk(func(n *plan.Node, _ int) {
		if n.Relation == "" {
			return // a bitmap index scan: its heap scan repeats the condition
		}
		for _, condition := range []string{n.IndexCond, n.RecheckCond, n.Filter} {
			for _, c := range plan.Conjuncts(condition) {
				if _, ok := found[c.Param]; !ok && c.Param > 0 && comparesColumn(c) {
					found[c.Param] = meeting{n.Schema, n.Relation, c.Column, c.Kind}
				}
			}
		}
	})
	return found
}

// comparesColumn says whether the column's own values can stand for the parameter.
func comparesColumn(c plan.Condition) bool {
	switch c.Kind {
	case plan.Equality, plan.AnyOf, plan.Range, plan.NotEqual:
		return c.Column != ""
	}
	return false
}

// chooseValues gives every parameter a value: what the question says, else what the statistics know of its column, else a placeholder.
func (e *explainer) chooseValues(ctx context.Context, generic *plan.Plan) error {
	met := meetings(generic)
	roles := sqltext.Roles(e.statement)
	for i := range e.parameters {
		p := &e.parameters[i]
		m := met[p.N]
		p.Column = sqltext.CleanLine(m.column)
		if value, ok := e.question.Values[p.N]; ok {
			p.Value, p.From = &value, plan.FromGiven
			continue
		}
		if err := e.chooseFromStatistics(ctx, p, m); err != nil {
			return err
		}
		if p.Value == nil {
			p.Value, p.From = placeholder(p.Type, roles[p.N]), plan.FromNeutral
		}
	}
	return nil
}

// statistics are what pg_stats knows of a column's values.
type statistics struct {
	distinct   float64 // n_distinct: a number, or minus the share of rows
	mostCommon []string
	histogram  []string
}

// chooseFromStatistics leaves the value out where the column or its statistics are not known.
func (e *explainer) chooseFromStatistics(ctx context.Context, p *plan.Parameter, m meeting) error {
	if m.column == "" {
		return nil
	}
	var s statistics
	err := e.Tx.QueryRow(ctx, query("column_values"), m.schema, m.relation, m.column).Scan(&s.distinct, &s.mostCommon, &s.histogram)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the statistics of %s: %w", sqltext.CleanLine(sqltext.Ident(m.schema, m.relation, m.column)), err)
	}
	value, from := s.heavy(m.kind)
	if from == plan.FromNone {
		return nil
	}
	if strings.HasSuffix(p.Type, "[]") && m.kind == plan.AnyOf {
		value = arrayOfOne(value)
	}
	p.Value, p.From = &value, from
	return nil
}

// fewDistinct is up to how many distinct values a column counts as a class (a status, a type) rather than as an owner.
const fewDistinct = 12

// heavy picks the value that hurts: the middle of the histogram for ranges; else the most common value; but of a column with few
// distinct values the rarest common one, because the common ones are what nobody searches for.
func (s statistics) heavy(kind plan.Kind) (string, plan.ValueFrom) {
	common, bounds := s.mostCommon, s.histogram
	switch {
	case len(bounds) > 0 && (kind == plan.Range || len(common) == 0):
		return bounds[len(bounds)/2], plan.FromHistogram
	case len(common) == 0:
		return "", plan.FromNone
	case s.distinct > 0 && s.distinct <= fewDistinct:
		return common[len(common)-1], plan.FromRare
	}
	return common[0], plan.FromHeavy
}

// arrayOfOne writes an array of one element as PostgreSQL reads it.
func arrayOfOne(element string) string {
	return `{"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(element) + `"}`
}

// placeholder is a harmless value for a parameter of which nothing is known; nil (NULL) for a type that is not known either.
func placeholder(typeName string, role sqltext.Role) *string {
	value, ok := "", true
	switch role {
	case sqltext.RoleField:
		value = "epoch"
	case sqltext.RoleLimit:
		value = "10"
	case sqltext.RoleOffset:
		value = "0"
	case sqltext.RoleUnit:
		value = "day"
	case sqltext.RoleZone:
		value = "UTC"
	default:
		value, ok = placeholderOf(typeName)
	}
	if !ok {
		return nil
	}
	return &value
}

func placeholderOf(typeName string) (string, bool) {
	switch typeName {
	case "smallint", "integer", "bigint", "numeric", "real", "double precision", "money", "oid":
		return "1", true
	case "text", "character varying", "character", "name", "bytea":
		return "", true
	case "boolean":
		return "true", true
	case "date", "timestamp without time zone", "timestamp with time zone", "time without time zone", "time with time zone":
		return "now", true
	case "interval":
		return "1 hour", true
	case "json", "jsonb":
		return "{}", true
	case "uuid":
		return "00000000-0000-0000-0000-000000000000", true
	}
	if strings.HasSuffix(typeName, "[]") {
		return "{}", true
	}
	return "", false
}
