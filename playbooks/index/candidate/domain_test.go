package candidate

import (
	"slices"
	"testing"

	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// A cast of a domain's column to the type that the domain is over says nothing; to another type it does.
func TestConditionsOnDomains(t *testing.T) {
	over := func(base string) func(*table.Column) {
		return func(c *table.Column) { c.Type, c.Base = "public.own", base }
	}
	of := tableOf(columnOf("price", "int8", over("bigint")), columnOf("due", "date", over("date")), columnOf("paid", "boolean", over("boolean")), columnOf("plain", "int8"))
	for filter, want := range map[string]string{
		"((t.price)::bigint >= 5)":                                "(price)",
		"((t.price)::bigint = ANY ('{1,2}'::bigint[]))":           "(price)",
		"((t.price)::bigint = 5) OR ((t.due)::date = '2026-1-1')": "(price); (due)",
		"((t.price)::numeric = 5.5)":                              "(((price)::numeric))",
		"((t.plain)::numeric = 5.5)":                              "(((plain)::numeric))",
		"((t.paid)::boolean AND ((t.due)::date < '2026-1-1'))":    "(due) WHERE (paid)::boolean",
	} {
		need := Need{Table: of, Alias: "t", Lookups: 1, Conditions: plan.ConjunctsOf(filter, "t")}
		need.ofDomains()
		if found := bodiesOf(Of(need)); !slices.Contains(found, want) {
			t.Errorf("%s: %q, want %s", filter, found, want)
		}
	}
	need := Need{Table: of, Order: []shape.Key{{Expression: "(price)::bigint", Columns: []string{"price"}, Descending: true}}}
	if need.ofDomains(); need.Order[0].Column != "price" || need.Order[0].Expression != "" || !need.Order[0].Descending {
		t.Errorf("order: %+v", need.Order)
	}
}
