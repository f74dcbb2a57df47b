package candidate

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// Read reads what the catalogue knows of a relation.
type Read func(schema, relation string) (*table.Table, error)

// scanTypes are the nodes that read a table by themselves. A bitmap heap scan has its index scans below it.
var scanTypes = []string{"Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Heap Scan"}

// Needs is what the plan's scans ask of indexes, the costliest first: of each table that is read by a condition, or in an order of which only some
// rows are taken. The scans of a partitioned table's partitions are one need of the whole. System catalogues and temporary tables have none.
func Needs(p *plan.Plan, read Read) ([]Need, error) {
	r := reader{plan: p, read: read, tables: map[string]*table.Table{}, weights: map[*plan.Node]float64{}}
	var err error
	p.Walk(func(n *plan.Node, _ int) {
		if err == nil && n.Relation != "" && slices.Contains(scanTypes, n.Type) && !isTemporary(n.Schema) {
			err = r.add(n)
		}
	})
	if err != nil {
		return nil, err
	}
	r.needs = slices.DeleteFunc(r.needs, func(need *Need) bool { return len(need.Conditions) == 0 && len(need.Order) == 0 })
	slices.SortStableFunc(r.needs, func(x, y *Need) int { return cmp.Compare(r.weights[y.Scans[0]], r.weights[x.Scans[0]]) })
	needs := make([]Need, len(r.needs))
	for i, need := range r.needs {
		needs[i] = *need
	}
	return needs, nil
}

// isTemporary says whether a schema is that of a session's temporary tables: EXPLAIN calls the session's own pg_temp.
func isTemporary(schema string) bool {
	return schema == "pg_temp" || strings.HasPrefix(schema, "pg_temp_")
}

// reader puts the needs of a plan together.
type reader struct {
	plan    *plan.Plan
	read    Read
	tables  map[string]*table.Table // by quoted name; a partition's is that of the whole
	needs   []*Need
	weights map[*plan.Node]float64 // of a need, by its first scan
}

// add makes a scan a need, or a part of that of its partitioned table.
func (r *reader) add(scan *plan.Node) error {
	whole, err := r.table(scan)
	if err != nil || whole == nil {
		return err
	}
	if known := r.sibling(scan, whole); known != nil {
		known.Scans = append(known.Scans, scan)
		r.weights[known.Scans[0]] += r.weight(scan)
		return nil
	}
	need := &Need{Table: whole, Scans: []*plan.Node{scan}, Alias: scan.Alias, Lookups: 1, Parameters: r.plan.Origin.Parameters,
		Statement: r.plan.Origin.Statement}
	r.weights[scan] = r.weight(scan)
	need.Conditions = own(scan, whole)
	r.addJoins(need)
	r.addOrder(need)
	need.ofDomains()
	need.Output = r.output(scan, whole)
	r.needs = append(r.needs, need)
	return nil
}

// table reads the table of a scan, of a partition the whole; nil: no index can be drafted for it.
func (r *reader) table(scan *plan.Node) (*table.Table, error) {
	name := sqltext.Ident(scan.Schema, scan.Relation)
	t, known := r.tables[name]
	if !known {
		var err error
		if t, err = r.readWhole(scan.Schema, scan.Relation); err != nil {
			return nil, err
		}
		r.tables[name] = t
		for _, leaf := range t.Partitions {
			r.tables[leaf.String()] = t
		}
	}
	if t.System || t.Persistence == "t" || t.Kind != "r" && t.Kind != "m" && t.Kind != "p" {
		return nil, nil
	}
	return t, nil
}

func (r *reader) readWhole(schema, relation string) (*table.Table, error) {
	t, err := r.read(schema, relation)
	if err != nil {
		return nil, err
	}
	if t == nil {
		return nil, fmt.Errorf("nothing was read of %s", sqltext.Ident(schema, relation))
	}
	if t.Parent == "" {
		return t, nil
	}
	schema, relation, ok := splitName(t.Parent)
	if !ok {
		return t, nil
	}
	whole, err := r.read(schema, relation)
	if errors.Is(err, table.ErrGone) {
		return t, nil // it was detached meanwhile
	}
	return whole, err
}

// splitName takes a quoted name with its schema apart.
func splitName(name string) (schema, relation string, ok bool) {
	tokens := sqltext.Scan(name)
	if len(tokens) != 3 || !isName(tokens[0]) || tokens[1].Text != "." || !isName(tokens[2]) {
		return "", "", false
	}
	return unquoted(tokens[0].Text), unquoted(tokens[2].Text), true
}

// sibling is the need that another partition of the same scan of a partitioned table has made already: both stand below the same Append.
func (r *reader) sibling(scan *plan.Node, whole *table.Table) *Need {
	if whole.Kind != "p" {
		return nil
	}
	above := r.appendAbove(scan)
	for _, need := range r.needs {
		if above != nil && need.Table == whole && r.appendAbove(need.Scans[0]) == above {
			return need
		}
	}
	return nil
}

// appendAbove is the topmost of the Appends that stand over the scan with nothing but sorts and the like between; partitioned joins and aggregates
// have theirs further up.
func (r *reader) appendAbove(scan *plan.Node) *plan.Node {
	var found *plan.Node
	for _, n := range slices.Backward(pathTo(r.plan.Root, scan)) {
		switch {
		case n.Type == "Append" || n.Type == "Merge Append" || n.Type == "ModifyTable": // the latter has a child a partition before version 14
			found = n
		case isJoin(n) || !isAggregate(n) && !passes(n):
			return found
		}
	}
	return found
}

// own is every condition that the scan's rows meet, each once: those of the index, the filter, and those that went without saying because the index
// is partial.
func own(scan *plan.Node, t *table.Table) []plan.Condition {
	var found []plan.Condition
	for _, text := range []string{scan.IndexCond, scan.RecheckCond, scan.Filter} {
		found = append(found, plan.ConjunctsWith(text, scan.Alias, t.Steady)...)
	}
	if used, ok := usedIndex(scan, t); ok {
		for _, clause := range used.Shape.Where {
			found = append(found, plan.Conjuncts(clause.SQL)...)
		}
	}
	return unique(found)
}

// usedIndex is the index that an index scan reads.
func usedIndex(scan *plan.Node, t *table.Table) (table.Existing, bool) {
	if scan.Index == "" {
		return table.Existing{}, false
	}
	for _, leaf := range t.Partitions {
		if leaf.Schema == scan.Schema && leaf.Name == scan.Relation {
			return leaf.Index(scan.Index)
		}
	}
	return t.Index(scan.Index)
}

// unique keeps the first of each condition, whatever its qualifiers.
func unique(all []plan.Condition) []plan.Condition {
	seen := map[string]bool{}
	return slices.DeleteFunc(all, func(c plan.Condition) bool {
		sql := sqlOf(c)
		if seen[sql] {
			return true
		}
		seen[sql] = true
		return false
	})
}
