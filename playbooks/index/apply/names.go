package apply

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// begun says whether an index of a partitioned table is left of a run of this draft that did not end: it is not finished, and has the name that the draft gives it.
func (p *planner) begun(r relation, x having) bool {
	name := on(p.index.Shape, r).Name()
	if r.oid == p.tree.root().oid {
		name = p.index.name()
	}
	return !x.valid && x.name == name
}

// resumed says whether an index of a partition is left of the run that began the index above it, which has the oid within. Such a run makes that one first, so that
// it has the lower oid; what was built on the partition alone before is not the draft's, whatever its name.
func (p *planner) resumed(r relation, x having, within uint32) bool {
	for _, above := range p.tree.relations {
		for _, h := range p.tree.indexes[above.oid] {
			if h.oid == within {
				return p.begun(above, h) && x.oid > within && x.name == on(p.index.Shape, r).Name()
			}
		}
	}
	return false
}

// nameParts finds a name for the index of each table: that of the order's own stands as it was confirmed, those of the partitions are made unlike all that is there.
func (p *planner) nameParts(ctx context.Context, tx pgx.Tx, others []part) error {
	root := p.tree.root()
	p.names = map[uint32]string{root.oid: p.index.name()}
	if !root.partitioned() {
		return nil
	}
	var schemas, names []string
	for _, r := range p.tree.relations[1:] {
		schemas, names = append(schemas, r.schema), append(names, on(p.index.Shape, r).Name())
	}
	taken, err := readNames(ctx, tx, schemas, names)
	if err != nil {
		return err
	}
	used := map[string]bool{sqltext.Ident(root.schema, p.index.name()): true}
	for _, o := range others {
		used[sqltext.Ident(o.schema, o.name)] = true
	}
	for i, r := range p.tree.relations[1:] {
		if owner := taken[i]; owner.relation != "" && !p.replaced(r, names[i]) {
			used[sqltext.Ident(r.schema, names[i])] = true
		}
	}
	for i, r := range p.tree.relations[1:] {
		name := names[i]
		for n := 2; used[sqltext.Ident(r.schema, name)]; n++ {
			tail := "_" + strconv.Itoa(n)
			name = names[i][:min(len(names[i]), shape.NameLimit-len(tail))] + tail
		}
		used[sqltext.Ident(r.schema, name)] = true
		p.names[r.oid] = name
	}
	return nil
}

// replaced says whether the index of this name is an INVALID one as drafted, which is dropped first.
func (p *planner) replaced(r relation, name string) bool {
	return slices.ContainsFunc(p.tree.like(r, p.index.Shape), func(x having) bool { return x.name == name && !x.valid && x.parent == 0 })
}

// owner says what has a name: the table where it is an index, else the relation itself.
type owner struct {
	relation string // quoted; empty: nothing has the name
	oid      uint32
}

// readNames says what has the names in the schemas, by position.
func readNames(ctx context.Context, tx pgx.Tx, schemas, names []string) ([]owner, error) {
	found := make([]owner, len(names))
	rows, err := tx.Query(ctx, query("build_names"), schemas, names)
	if err != nil {
		return nil, fmt.Errorf("looking for the indexes' names: %w", err)
	}
	var position int
	var schema, relation string
	var oid uint32
	_, err = pgx.ForEachRow(rows, []any{&position, &schema, &relation, &oid}, func() error {
		found[position-1] = owner{sqltext.Ident(schema, relation), oid}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("looking for the indexes' names: %w", err)
	}
	return found, nil
}
