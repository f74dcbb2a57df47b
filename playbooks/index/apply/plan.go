package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// Planned is what an order needs by what is there now.
type Planned struct {
	order Order
	steps []Step
	parts []part
	notes []string // what the person should know of it
	trees []*tree  // of each index of the order
}

// part is one index that stands in the end.
type part struct {
	relation     relation
	schema, name string
	shape        shape.Index
	top          int    // position in the order where it is an index of the order itself; -1: of a partition
	within       string // quoted name of the index that it is attached to; empty: none
	there        bool   // already
	ours         bool   // for this draft to make, or made by a run of it that was interrupted
}

// SQL is every statement that is to be sent, in order; none: all of it is there.
func (p *Planned) SQL() []string { return texts(p.steps) }

// Plan plans the statements of one order or of several by what is there now, each table read once. What is there as drafted is left as it is; an INVALID index of a
// partition is dropped and built anew.
func Plan(ctx context.Context, tx pgx.Tx, orders ...Order) ([]*Planned, error) {
	trees := map[uint32]*tree{}
	var all []*Planned
	for _, o := range orders {
		p, err := planOne(ctx, tx, o, trees)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

// planSteps plans one order.
func planSteps(ctx context.Context, tx pgx.Tx, o Order) (*Planned, error) {
	return planOne(ctx, tx, o, map[uint32]*tree{})
}

func planOne(ctx context.Context, tx pgx.Tx, o Order, trees map[uint32]*tree) (*Planned, error) {
	if len(o.Indexes) == 0 {
		return nil, errors.New("the order names no index")
	}
	all := &Planned{order: o}
	for i, x := range o.Indexes {
		if trees[x.Table] == nil {
			t, err := readTree(ctx, tx, x.Table)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", sqltext.CleanLine(x.relation()), err)
			}
			trees[x.Table] = t
		}
		p := &planner{index: x, position: i, tree: trees[x.Table]}
		if err := p.nameParts(ctx, tx, all.parts); err != nil {
			return nil, err
		}
		if err := p.plan(); err != nil {
			return nil, err
		}
		all.steps, all.parts, all.notes, all.trees = append(all.steps, p.steps()...), append(all.parts, p.parts...), append(all.notes, p.notes...), append(all.trees, p.tree)
	}
	all.steps = append(all.steps, analyzeSteps(o, all)...)
	extensions, err := extensionSteps(ctx, tx, o)
	all.steps = append(extensions, all.steps...)
	return all, err
}

// extensionSteps install the extensions that operator classes come from and this database lacks. CREATE EXTENSION of a trusted one needs CREATE on the database; all
// versions from 13. It takes no lock that the application queues behind.
func extensionSteps(ctx context.Context, tx pgx.Tx, o Order) ([]Step, error) {
	var steps []Step
	for _, x := range o.Indexes {
		name := sqltext.Ident(x.Needs)
		sql := "CREATE EXTENSION " + name + " SCHEMA " + table.ExtensionSchema + buildTag
		if x.Needs == "" || slices.ContainsFunc(steps, func(s Step) bool { return s.SQL == sql }) {
			continue
		}
		var there bool
		if err := tx.QueryRow(ctx, query("build_extension"), x.Needs).Scan(&there); err != nil {
			return nil, fmt.Errorf("looking for the extension %s: %w", name, err)
		}
		if !there {
			steps = append(steps, Step{SQL: sql, What: "install the extension " + name, kind: stepExtension})
		}
	}
	return steps, nil
}

// extensionStays says that taking the indexes back leaves the extensions that these statements install; empty: they install none.
func extensionStays(statements []string) string {
	var names []string
	for _, sql := range statements {
		if rest, ok := strings.CutPrefix(sql, "CREATE EXTENSION "); ok {
			name, _, _ := strings.Cut(rest, " SCHEMA ")
			names = append(names, sqltext.CleanLine(name))
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "dropping the index leaves the extension that was installed with it, which others may use by then: DROP EXTENSION " + strings.Join(names, ", ") +
		" where nothing needs it"
}

// analyzeSteps gather statistics of expressions: without them the planner's estimates of an expression index stay wrong. ANALYZE reads a sample of the table, holds
// VACUUM off meanwhile, needs the table's owner; all versions.
func analyzeSteps(o Order, all *Planned) []Step {
	var steps []Step
	var done []uint32
	for i, x := range o.Indexes {
		root := all.trees[i].root()
		made := slices.ContainsFunc(all.steps, func(s Step) bool { return s.kind == stepCreate && slices.Contains(all.trees[i].oids(), s.table) })
		if made && hasExpression(x.Shape) && !slices.Contains(done, root.oid) {
			done = append(done, root.oid)
			steps = append(steps, Step{SQL: "ANALYZE " + root.String() + buildTag, What: "gather statistics of " + words(root.schema, root.name),
				kind: stepAnalyze, table: root.oid})
		}
	}
	return steps
}

func hasExpression(x shape.Index) bool {
	return slices.ContainsFunc(x.Keys, func(k shape.Key) bool { return k.Column == "" })
}

// planner plans one index of an order on its table.
type planner struct {
	index    Index
	position int
	tree     *tree
	names    map[uint32]string // of the index that each table would get

	parts            []part
	notes            []string
	onOnly, attaches []Step
	builds           []Step
}

// steps are those planned, in their order: what others queue behind stands together.
func (p *planner) steps() []Step {
	steps := append(withLimit(p.onOnly), p.builds...)
	return append(steps, withLimit(p.attaches)...)
}

func (p *planner) plan() error {
	root := p.tree.root()
	switch {
	case root.kind == "f":
		return &playbooks.NoDraft{Reason: words(root.schema, root.name) + " is a foreign table", Instead: "make the index where the table lives"}
	case !root.partitioned():
		return p.single(root)
	case p.tree.foreign():
		p.notes = append(p.notes, "a partition is a foreign table, which cannot have an index here: the other partitions get one each and "+
			words(root.schema, root.name)+" itself has none, so that partitions made later do not get it by themselves")
		for _, leaf := range p.tree.leaves() {
			if leaf.kind == "f" {
				continue
			}
			if _, err := p.leaf(leaf, 0, ""); err != nil {
				return err
			}
		}
		return nil
	}
	if len(p.tree.leaves()) == 0 {
		p.notes = append(p.notes, words(root.schema, root.name)+" has no partitions yet")
	}
	name, err := p.node(root, "")
	if err != nil {
		return err
	}
	return p.stuck(root, name)
}

// stuck is the error where nothing is left to send and the index of the partitioned table is INVALID all the same.
func (p *planner) stuck(root relation, name string) error {
	if len(p.onOnly)+len(p.builds)+len(p.attaches) > 0 {
		return nil
	}
	for _, x := range p.tree.indexes[root.oid] {
		if sqltext.Ident(x.schema, x.name) == name && !x.valid {
			return &playbooks.NoDraft{Reason: words(x.schema, x.name) + " is INVALID although every partition has its part: one of them is INVALID, or was when it was attached",
				Instead: "drop it with DROP INDEX " + words(x.schema, x.name) + ", which locks the table for a moment, and draft again"}
		}
	}
	return nil
}

// single plans the index of a table without partitions. One that is INVALID or in the way is the preflight's to refuse.
func (p *planner) single(r relation) error {
	for _, x := range p.tree.like(r, p.index.Shape) {
		if x.valid {
			p.parts = append(p.parts, part{r, x.schema, x.name, x.shape, p.position, "", true, false})
			return nil
		}
	}
	p.create(r, "")
	return nil
}

// create adds the step that builds the index of a table that holds rows, and returns the index's quoted name.
func (p *planner) create(r relation, within string) string {
	s := on(p.index.Shape, r)
	name := p.names[r.oid]
	p.builds = append(p.builds, Step{SQL: s.Create(name) + buildTag, What: "build " + words(r.schema, name) + " on " + words(r.schema, r.name),
		kind: stepCreate, table: r.oid, method: s.Method, expected: p.expected(r), pages: r.pages, makes: sqltext.Ident(r.schema, name)})
	top := -1
	if r.oid == p.tree.root().oid {
		top = p.position
	}
	p.parts = append(p.parts, part{r, r.schema, name, s, top, within, false, true})
	return sqltext.Ident(r.schema, name)
}

// expected is the share of the build's estimated time that falls to a table.
func (p *planner) expected(r relation) time.Duration {
	pages, all := float64(r.pages+1), 0.0
	for _, leaf := range p.tree.leaves() {
		all += float64(leaf.pages + 1)
	}
	return time.Duration(float64(p.index.Took) * pages / all)
}

// node plans the index of a partitioned table, and returns its quoted name.
func (p *planner) node(r relation, within string) (string, error) {
	top := -1
	if within == "" {
		top = p.position
	}
	s := on(p.index.Shape, r)
	at := part{r, r.schema, p.names[r.oid], s, top, within, false, true}
	var oid uint32
	if x, ok := p.unfinished(r, within); ok {
		at.schema, at.name, at.there, at.ours, oid = x.schema, x.name, true, p.begun(r, x), x.oid
	} else {
		p.onOnly = append(p.onOnly, Step{SQL: s.CreateOnOnly(at.name) + buildTag, kind: stepOnOnly, table: r.oid, makes: sqltext.Ident(r.schema, at.name),
			What: "make " + words(r.schema, at.name) + " on " + words(r.schema, r.name) + " without its partitions"})
	}
	p.parts = append(p.parts, at)
	name := sqltext.Ident(at.schema, at.name)
	for _, child := range p.tree.below(r.oid) {
		if err := p.child(child, oid, name); err != nil {
			return "", err
		}
	}
	return name, nil
}

// unfinished finds the index of a partitioned table to go on with.
func (p *planner) unfinished(r relation, within string) (having, bool) {
	for _, x := range p.tree.like(r, p.index.Shape) {
		if x.parent == 0 || p.named(x.parent) == within {
			return x, true
		}
	}
	return having{}, false
}

// named is the quoted name of an index; empty where none of the tables has it.
func (p *planner) named(oid uint32) string {
	for _, indexes := range p.tree.indexes {
		for _, x := range indexes {
			if x.oid == oid {
				return sqltext.Ident(x.schema, x.name)
			}
		}
	}
	return ""
}

// child plans the index of a partition, and its attaching to that of its parent, which has the oid within, or 0 where it is not made yet.
func (p *planner) child(r relation, within uint32, parent string) error {
	name, err := "", error(nil)
	if r.partitioned() {
		name, err = p.node(r, parent)
	} else {
		name, err = p.leaf(r, within, parent)
	}
	if err != nil || p.attached(r, within) {
		return err
	}
	p.attaches = append(p.attaches, Step{SQL: "ALTER INDEX " + parent + " ATTACH PARTITION " + name + buildTag, kind: stepAttach, table: r.oid,
		What: "attach " + sqltext.CleanLine(name) + " to " + sqltext.CleanLine(parent)})
	return nil
}

// attached says whether a partition has a part of the index with oid within.
func (p *planner) attached(r relation, within uint32) bool {
	return within != 0 && slices.ContainsFunc(p.tree.indexes[r.oid], func(x having) bool { return x.parent == within })
}

// leaf plans the index of a partition that holds rows, and returns its quoted name. One that is there is used, one that is INVALID is dropped first.
func (p *planner) leaf(r relation, within uint32, parent string) (string, error) {
	for _, x := range p.tree.indexes[r.oid] {
		if within != 0 && x.parent == within {
			p.parts = append(p.parts, part{r, x.schema, x.name, x.shape, -1, parent, true, p.resumed(r, x, within)})
			return sqltext.Ident(x.schema, x.name), nil
		}
	}
	found := p.tree.like(r, p.index.Shape)
	for _, x := range found {
		if x.valid && x.parent == 0 {
			p.parts = append(p.parts, part{r, x.schema, x.name, x.shape, -1, parent, true, p.resumed(r, x, within)})
			return sqltext.Ident(x.schema, x.name), nil
		}
	}
	for _, x := range found {
		switch {
		case x.building:
			return "", &playbooks.NoDraft{Reason: words(x.schema, x.name) + ", an index as drafted, is being built now", Instead: "wait until it ends, then draft again"}
		case !x.valid && x.parent == 0:
			p.builds = append(p.builds, dropStep(dropTarget{schema: x.schema, name: x.name, oid: x.oid, table: r.oid, invalid: true}))
		}
	}
	return p.create(r, parent), nil
}
