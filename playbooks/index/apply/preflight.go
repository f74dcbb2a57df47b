package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// Preflight implements playbooks.Work.
func (w *work) Preflight(ctx context.Context, ask *live.Asker) ([]playbooks.Check, error) {
	checks := []playbooks.Check{connectionCheck(ask)}
	err := ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		s, err := readServer(ctx, tx)
		if err != nil {
			return err
		}
		checks = append(checks, s.checks()...)
		now, err := planSteps(ctx, tx, w.order)
		var nothing *playbooks.NoDraft
		switch {
		case errors.Is(err, errGone):
			checks = append(checks, refuse(true, "table", sqltext.CleanLine(err.Error()), "draft again"))
			return nil
		case errors.As(err, &nothing):
			checks = append(checks, refuse(true, "what is there", nothing.Reason, nothing.Instead))
			return nil
		case pgerr.State(err) == lockNotAvailable:
			checks = append(checks, refuse(true, "table", w.tables()+" is locked against everybody, so that not even its indexes can be read",
				"see who blocks, and prepare again when that has ended"))
			return nil
		case err != nil:
			return err
		}
		more, err := w.tableChecks(ctx, tx, now)
		if err != nil {
			return err
		}
		checks = append(checks, more...)
		checks = append(checks, w.changed(now))
		if more, err = w.others(ctx, tx, now); err != nil {
			return err
		}
		checks = append(checks, more...)
		checks = append(checks, s.room(w.order, now)...)
		more, err = s.replicationChecks(ctx, tx, w.order.bytes())
		checks = append(checks, more...)
		return err
	})
	w.called = [2]calls{w.called[1], w.readCalls(ctx, ask)}
	return checks, err
}

// tables names the order's tables for a person.
func (w *work) tables() string { return sqltext.CleanLine(w.order.tables()) }

// connectionCheck says whether the server is reached without anything in between.
func connectionCheck(ask *live.Asker) playbooks.Check {
	why := ask.Can().NoAct
	return refuse(why != "", "connection", either(why == "", "direct to the server", why), "connect to the primary directly, without a pooler")
}

// changed refuses where the statements that the person saw are not those that are needed now.
func (w *work) changed(now *Planned) playbooks.Check {
	same := slices.Equal(texts(now.steps), texts(w.steps))
	saw := several(len(w.steps), "statement", "statements") + either(same, ", as drafted", " drafted; what is there has changed since, and now it takes others")
	return refuse(!same, "statements", saw, "draft again")
}

// tableState is what decides whether an index can be built on one table.
type tableState struct {
	oid               uint32
	schema, name      string
	kind, persistence string
	system, owner     bool
	ownerName         string
	mayCreate         bool
}

func (s tableState) String() string { return words(s.schema, s.name) }

// tableChecks judges each index's table with its partitions, the index's name and the indexes that are there.
func (w *work) tableChecks(ctx context.Context, tx pgx.Tx, now *Planned) ([]playbooks.Check, error) {
	var checks []playbooks.Check
	for i, x := range w.order.Indexes {
		states, err := readTables(ctx, tx, now.trees[i].oids())
		if err != nil {
			return nil, err
		}
		checks = append(checks, x.tableChecks(now.trees[i], states)...)
		checks = append(checks, x.indexChecks(now.trees[i])...)
	}
	more, err := nameChecks(ctx, tx, now)
	return append(checks, more...), err
}

func readTables(ctx context.Context, tx pgx.Tx, oids []uint32) (map[uint32]tableState, error) {
	rows, err := tx.Query(ctx, query("build_tables"), oids)
	if err != nil {
		return nil, fmt.Errorf("reading the state of the tables: %w", err)
	}
	states := map[uint32]tableState{}
	var s tableState
	_, err = pgx.ForEachRow(rows, []any{&s.oid, &s.schema, &s.name, &s.kind, &s.persistence, &s.system, &s.owner, &s.ownerName, &s.mayCreate}, func() error {
		states[s.oid] = s
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the state of the tables: %w", err)
	}
	return states, nil
}

// tableChecks judges one table and its partitions.
func (x Index) tableChecks(t *tree, states map[uint32]tableState) []playbooks.Check {
	root, ok := states[x.Table]
	if !ok {
		return []playbooks.Check{refuse(true, "table", sqltext.CleanLine(x.relation())+" is gone", "draft again")}
	}
	named := root.schema == x.Shape.Schema && root.name == x.Shape.Table
	kind, do := root.unfit()
	checks := []playbooks.Check{
		refuse(!named, "table's name", either(named, "as drafted", "the table that was drafted for is not "+sqltext.CleanLine(x.relation())+" any more"), "draft again"),
		refuse(do != "", "table", root.String()+kind+either(t.root().partitioned(), " with "+several(len(t.leaves()), "partition", "partitions"), ""), do),
	}
	return append(checks, rightsChecks(t, states)...)
}

// unfit says what the table is, and what to do where no index can be built on it.
func (s tableState) unfit() (kind, do string) {
	switch {
	case s.system:
		return " is a table of the server's own", "leave it as it is"
	case s.persistence == "t":
		return " is a temporary table of a session", "make the index in that session"
	case s.kind == "r" && s.persistence == "u":
		return " is an unlogged table", ""
	case s.kind == "r":
		return " is an ordinary table", ""
	case s.kind == "m":
		return " is a materialised view", ""
	case s.kind == "p":
		return " is a partitioned table", ""
	}
	return " is not a table", "draft again"
}

// rightsChecks says whether this role may build on the table and on each partition.
func rightsChecks(t *tree, states map[uint32]tableState) []playbooks.Check {
	root := states[t.root().oid]
	foreign, forbidden := root, root
	for _, r := range t.relations {
		s, ok := states[r.oid]
		if ok && !s.owner && foreign.owner {
			foreign = s
		}
		if ok && !s.mayCreate && forbidden.mayCreate {
			forbidden = s
		}
	}
	owned := "owned by " + sqltext.CleanLine(foreign.ownerName)
	if foreign.oid != root.oid {
		owned = "its partition " + foreign.String() + " is " + owned
	}
	return []playbooks.Check{
		refuse(!foreign.owner, "owner", owned, "connect as its owner or a member of that role; pg_maintain is not enough"),
		refuse(!forbidden.mayCreate, "schema", either(forbidden.mayCreate, "this role may create in it", "this role may not create in "+words(forbidden.schema)),
			"GRANT CREATE ON SCHEMA "+words(forbidden.schema)+" TO CURRENT_USER, as its owner"),
	}
}

// indexChecks refuses where an index of the same shape exists on the table, and warns of INVALID ones.
func (x Index) indexChecks(t *tree) []playbooks.Check {
	same := pass("equivalent index", "none")
	var checks []playbooks.Check
	alike := t.like(t.root(), x.Shape)
	for _, h := range alike {
		switch {
		case t.root().partitioned() && !h.valid:
			same.Saw = words(h.name) + " has the same shape and is not finished: the build goes on with it"
		case h.valid:
			same = refuse(true, same.Name, words(h.name)+" has the same shape", "use it: ANALYZE the table and take the plan again")
		case h.building:
			same = refuse(true, same.Name, words(h.name)+" has the same shape and is being built now", "wait until that ends")
		default:
			same = refuse(true, same.Name, words(h.name)+" has the same shape and is INVALID", "drop it with "+dropByHand(h.schema, h.name)+", then prepare again")
		}
	}
	for _, h := range t.indexes[t.root().oid] {
		if !h.valid && !h.building && !t.root().partitioned() && !slices.ContainsFunc(alike, func(a having) bool { return a.oid == h.oid }) {
			checks = append(checks, caution(true, "invalid index", words(h.name)+" is INVALID: "+costsOfInvalid(t.root().String(), h.ready, h.unique),
				"clean up with "+dropByHand(h.schema, h.name)))
		}
	}
	return append(checks, same)
}

// nameChecks judges the names of the indexes that are to be made.
func nameChecks(ctx context.Context, tx pgx.Tx, now *Planned) ([]playbooks.Check, error) {
	var schemas, names []string
	replaced := map[string]bool{} // dropped before
	for _, s := range now.steps {
		if s.drops != nil {
			replaced[sqltext.Ident(s.drops.schema, s.drops.name)] = true
		}
	}
	for _, p := range now.parts {
		if !p.there {
			schemas, names = append(schemas, p.schema), append(names, p.name)
		}
	}
	taken, err := readNames(ctx, tx, schemas, names)
	if err != nil {
		return nil, err
	}
	var checks []playbooks.Check
	for i, name := range names {
		switch relation := taken[i].relation; {
		case name == "" || len(name) > shape.NameLimit || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' }):
			checks = append(checks, refuse(true, "name", fmt.Sprintf("%s has %d bytes or a control character", words(name), len(name)),
				fmt.Sprintf("choose one of 1 to %d bytes", shape.NameLimit)))
		case slices.Index(names, name) < i && schemas[slices.Index(names, name)] == schemas[i]:
			checks = append(checks, refuse(true, "name", words(name)+" is to name two indexes", "choose another for one of them"))
		case relation != "" && !replaced[sqltext.Ident(schemas[i], name)]:
			checks = append(checks, refuse(true, "name", words(name)+" is taken on "+sqltext.CleanLine(relation), "choose another, or drop what has it"))
		}
	}
	if len(checks) == 0 && len(names) > 0 {
		checks = append(checks, pass("name", either(len(names) == 1, words(names[0])+" is free", several(len(names), "name is", "names are")+" free")))
	}
	return checks, nil
}
