package price

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks/index/candidate"
	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// The planner's cost after the build and the index's size are what the price said, over the whole zoo.
func TestPriceIsWhatThePlannerSaysAfterTheBuild(t *testing.T) {
	z := newZoo(t)
	costs, sizes := 0.0, 0.0
	for _, c := range zoo {
		t.Run(c.name, func(t *testing.T) {
			cost, size := z.ratios(t, c)
			costs, sizes = costs+math.Abs(math.Log(cost)), sizes+math.Abs(math.Log(size))
			if off(cost) > 1.5 {
				t.Errorf("cost off by a factor %.2f", cost)
			}
			if off(size) > 1.3 {
				t.Errorf("size off by a factor %.2f", size)
			}
		})
	}
	n := float64(len(zoo))
	t.Logf("%d questions; %d indexes: mean factor of cost %.3f, of size %.3f", z.asked, len(zoo), math.Exp(costs/n), math.Exp(sizes/n))
	if math.Exp(costs/n) > 1.15 || math.Exp(sizes/n) > 1.15 {
		t.Error("the mean factor is above 1.15")
	}
}

func off(ratio float64) float64 { return max(ratio, 1/ratio) }

// laboratory is a database with the zoo's tables.
type laboratory struct {
	app, ask *pgx.Conn
	asked    int // questions that the planner was asked for rows
}

func newZoo(t *testing.T) *laboratory {
	dsn := pgtest.Database(t)
	z := &laboratory{app: pgtest.Connect(t, dsn, nil), ask: pgtest.Connect(t, dsn, nil)}
	script, err := os.ReadFile("testdata/zoo.sql")
	if err != nil {
		t.Fatal(err)
	}
	pgtest.Execute(t, z.app, "SET synchronous_commit = on") // VACUUM takes no row as visible whose commit may still be lost
	for _, statement := range strings.SplitAfter(string(script), ";\n") {
		pgtest.Execute(t, z.app, statement)
	}
	pgtest.Execute(t, z.app, "VACUUM ANALYZE events", "VACUUM ANALYZE customers", "ANALYZE logs", "VACUUM logs", "VACUUM ANALYZE carts", "VACUUM ANALYZE places", "CREATE TABLE twin_events (LIKE events)", "CREATE TABLE twin_logs (LIKE logs)", "CREATE TABLE twin_carts (LIKE carts)",
		"CREATE TABLE twin_places (LIKE places)", "CREATE TABLE twin_stale (LIKE stale)")
	return z
}

// ratios prices a case, builds its index, and returns the price over what it really became.
func (z *laboratory) ratios(t *testing.T, c priced) (cost, size float64) {
	if c.table == "" {
		c.table = "events"
	}
	made := candidate.Candidate{Index: z.shape(t, c.table, c.index), Ordered: c.order}
	if c.more != "" {
		made.More = []shape.Index{z.shape(t, c.table, c.more)}
	}
	before := z.explain(t, c.statement)
	said := z.price(t, c, before, made)
	names := []string{}
	for i, definition := range []string{c.index, c.more} {
		if definition == "" {
			continue
		}
		name := fmt.Sprintf("zoo_%d", i)
		names = append(names, name)
		pgtest.Execute(t, z.app, fmt.Sprintf("CREATE INDEX %s ON %s %s", name, c.table, definition))
		defer pgtest.Execute(t, z.app, "DROP INDEX "+name)
	}
	if strings.Contains(c.index, "((") || strings.Contains(c.index, "(lower(") {
		pgtest.Execute(t, z.app, "ANALYZE "+c.table)
	}
	after := z.explain(t, c.statement)
	bytes := z.size(t, names)
	cost, size = said.Cost/after.Root.TotalCost, said.Bytes/bytes
	t.Logf("cost %9.0f → %8.2f said, %8.2f is: %.2f   size %7.0f kB said, %7.0f is: %.2f   reads %.0f, sure %.0f", before.Root.TotalCost, said.Cost, after.Root.TotalCost, cost,
		said.Bytes/1024, bytes/1024, size, said.RowsRead, said.Sure)
	if !slices.ContainsFunc(names, func(name string) bool { return isUsed(after, name) }) {
		t.Errorf("the planner does not use the index: %s", outline(after.Root, ""))
	}
	if off(cost) > 1.1 {
		t.Logf("%s", outline(before.Root, "")+"\n"+outline(after.Root, ""))
	}
	return cost, size
}

// price asks for the price in a read-only transaction, as pgmedic does.
func (z *laboratory) price(t *testing.T, c priced, before *plan.Plan, made candidate.Candidate) Price {
	var said Price
	err := pgx.BeginTxFunc(t.Context(), z.ask, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		of, err := table.Read(t.Context(), tx, "public", c.table)
		if err != nil {
			return err
		}
		need := needOf(c, of, before)
		rows := NewRows(tx, need, "public", before.ParameterType)
		if err := ReadValues(t.Context(), tx, of, NewBudget(), made.Index); err != nil {
			return err
		}
		said, err = Of(t.Context(), rows.Count, before, need, made)
		z.asked += rows.Asked()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return said
}

// needOf is what the scans of the case's table ask for.
func needOf(c priced, of *table.Table, before *plan.Plan) candidate.Need {
	need := candidate.Need{Table: of, Limit: c.limit, Lookups: max(c.lookups, 1)}
	if c.order {
		need.Order = []shape.Key{{Column: "by the index"}}
	}
	leaves := []string{c.table}
	for _, leaf := range of.Partitions {
		leaves = append(leaves, leaf.Name)
	}
	before.Walk(func(n *plan.Node, _ int) {
		if n.IsScan() && slices.Contains(leaves, n.Relation) {
			need.Scans = append(need.Scans, n)
		}
	})
	need.Alias = need.Scans[0].Alias
	texts := []string{need.Scans[0].IndexCond, need.Scans[0].Filter, need.Scans[0].RecheckCond}
	before.Walk(func(n *plan.Node, _ int) { texts = append(texts, n.HashCond, n.MergeCond, n.JoinFilter) })
	for _, text := range texts {
		need.Conditions = append(need.Conditions, joined(plan.Conjuncts(text), need.Alias)...)
	}
	switch c.output {
	case "", "*":
		for name := range of.Columns {
			need.Output = append(need.Output, name)
		}
	case "-":
	default:
		need.Output = strings.Fields(c.output)
	}
	return need
}

// joined turns join conditions so that the need's column stands on the left.
func joined(conditions []plan.Condition, alias string) []plan.Condition {
	for i, c := range conditions {
		if c.Join && c.Qualifier != alias {
			conditions[i].Column, conditions[i].Qualifier, conditions[i].Value = "customer", alias, c.Qualifier+"."+c.Column
		}
	}
	return conditions
}

// shape reads an index as the server does, from an empty table of the same columns.
func (z *laboratory) shape(t *testing.T, of, definition string) shape.Index {
	pgtest.Execute(t, z.app, fmt.Sprintf("CREATE INDEX twin ON twin_%s %s", of, definition))
	defer pgtest.Execute(t, z.app, "DROP INDEX twin")
	tx, err := z.app.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(context.Background())
	twin, err := table.Read(t.Context(), tx, "public", "twin_"+of)
	if err != nil {
		t.Fatal(err)
	}
	x := twin.Indexes[0]
	if !x.Known {
		t.Fatalf("%s is not read whole", x.Definition)
	}
	x.Shape.Table = of
	return x.Shape
}

func (z *laboratory) explain(t *testing.T, statement string) *plan.Plan {
	var output json.RawMessage
	if err := z.app.QueryRow(t.Context(), "EXPLAIN (VERBOSE, FORMAT JSON) "+statement).Scan(&output); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	p, err := plan.Parse(output)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// size is that of the indexes and of their partitions'.
func (z *laboratory) size(t *testing.T, names []string) float64 {
	var bytes float64
	err := z.app.QueryRow(t.Context(), `SELECT coalesce(sum(pg_relation_size(c.oid)), 0)::float8 FROM pg_class AS c
		WHERE c.relname = ANY ($1) OR c.oid IN (SELECT inhrelid FROM pg_inherits AS i JOIN pg_class AS p ON p.oid = i.inhparent WHERE p.relname = ANY ($1))`, names).Scan(&bytes)
	if err != nil {
		t.Fatal(err)
	}
	return bytes
}

func isUsed(p *plan.Plan, index string) bool {
	found := false
	p.Walk(func(n *plan.Node, _ int) {
		found = found || n.Index == index || strings.HasPrefix(n.Index, "logs_") || strings.HasPrefix(n.Index, "carts_")
	})
	return found
}

// outline is a plan in a few words a node.
func outline(n *plan.Node, indent string) string {
	text := fmt.Sprintf("%s%s %s %s (%.2f..%.2f rows %.0f width %d) %s %s\n", indent, n.Type, n.Relation, n.Index, n.StartupCost, n.TotalCost, n.PlanRows, n.PlanWidth, n.IndexCond, n.Filter)
	for _, child := range n.Children {
		text += outline(child, indent+"  ")
	}
	return text
}
