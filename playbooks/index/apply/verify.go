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
	"github.com/pgmedic/pgmedic/playbooks/index/figure"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// state is what the catalogue says of an index.
type state struct {
	oid, table                    uint32 // oid 0: there is none
	tableSchema, tableName        string
	kind                          string // pg_class.relkind: i, I
	indisvalid, indisready, valid bool   // valid: it serves queries
	building, constraint, owner   bool
	ownerName                     string
	within                        uint32 // of which index it is a part
	inRecovery                    bool
}

func (s state) relation() string { return words(s.tableSchema, s.tableName) }

// readStates says what the catalogue knows of the indexes, by position.
func readStates(ctx context.Context, tx pgx.Tx, schemas, names []string) ([]state, error) {
	found := make([]state, len(names))
	rows, err := tx.Query(ctx, query("build_state"), schemas, names)
	if err != nil {
		return nil, fmt.Errorf("reading the state of the indexes: %w", err)
	}
	var position int
	var s state
	_, err = pgx.ForEachRow(rows, []any{&position, &s.oid, &s.table, &s.tableSchema, &s.tableName, &s.kind, &s.indisvalid, &s.indisready, &s.valid, &s.building,
		&s.constraint, &s.owner, &s.ownerName, &s.within, &s.inRecovery}, func() error {
		found[position-1] = s
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the state of the indexes: %w", err)
	}
	return found, nil
}

// Verify implements playbooks.Work: every index is valid and as drafted, it is used, and the plan taken again uses one of them and reads less. What cannot be known
// within seconds is named.
func (w *work) Verify(ctx context.Context, ask *live.Asker) (playbooks.Verification, error) {
	v := playbooks.Verification{Before: w.order.Before}
	states, err := w.readBack(ctx, ask)
	if err != nil {
		return v, err
	}
	v.Done = true
	for i, p := range w.parts {
		check := p.validCheck(states[i])
		if check.Verdict == playbooks.Pass && !p.there && !w.made(p, states[i]) {
			check = refuse(true, "valid", words(p.name)+" is valid, but somebody else made it meanwhile", "draft again: what is there as drafted is used; this playbook does not drop it")
		}
		if check.Verdict != playbooks.Pass {
			v.Done = false
		}
		if check.Verdict != playbooks.Pass || p.top >= 0 {
			v.Checks = append(v.Checks, check)
		}
	}
	if v.Done {
		v.Checks = append(v.Checks, w.shapeCheck(ctx, ask))
		v.Done = v.Checks[len(v.Checks)-1].Verdict != playbooks.Refuse
		w.measure(ctx, ask, states, &v)
		w.analyzed(&v)
		seen := w.await(ctx, ask, states)
		w.comparePlans(ctx, ask, &v)
		w.prove(&v, seen)
	}
	v.Undo, err = w.undo(ctx, ask, states)
	if err != nil {
		v.Checks = append(v.Checks, caution(true, "undo", err.Error(), ""))
	}
	return v, nil
}

func (w *work) readBack(ctx context.Context, ask *live.Asker) ([]state, error) {
	var schemas, names []string
	for _, p := range w.parts {
		schemas, names = append(schemas, p.schema), append(names, p.name)
	}
	var states []state
	err := ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var err error
		states, err = readStates(ctx, tx, schemas, names)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading back %s: %w", sqltext.CleanLine(w.order.names()), err)
	}
	return states, nil
}

// validCheck says whether an index is there, on the table that it was drafted for, and valid.
func (p part) validCheck(s state) playbooks.Check {
	name, drop := words(p.name), dropByHand(p.schema, p.name)
	switch {
	case s.oid == 0:
		return refuse(true, "valid", "there is no index "+name, "draft again when the reason is gone")
	case s.table != p.relation.oid:
		return refuse(true, "valid", name+" is not on the table that was drafted for: "+s.relation()+" has it",
			"look at it: where the build made it and nothing needs it, "+drop)
	case s.building:
		return refuse(true, "valid", name+" is still being built", "wait for it: it goes on without pgmedic")
	case !s.valid && s.kind == "I":
		return refuse(true, "valid", name+" is not valid yet: not every partition has its part attached", "draft again: the build goes on from there")
	case !s.valid:
		return refuse(true, "valid", name+" is INVALID: "+costsOfInvalid(s.relation(), s.indisready, p.shape.Unique),
			either(p.within == "", "clean up with "+drop, "draft again: it is dropped first and built anew"))
	}
	return pass("valid", name+" is valid and ready")
}

// shapeCheck says whether the indexes are as drafted. That a table is locked takes nothing from its index: it is said.
func (w *work) shapeCheck(ctx context.Context, ask *live.Asker) playbooks.Check {
	const name = "definition"
	var strange []string
	err := ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		for _, x := range w.order.Indexes {
			t, err := readTree(ctx, tx, x.Table)
			if err != nil {
				return err
			}
			if t.root().partitioned() && t.foreign() {
				continue // it has none of its own
			}
			if len(t.like(t.root(), x.Shape)) == 0 {
				strange = append(strange, words(x.name()))
			}
		}
		return nil
	})
	if err != nil {
		return caution(true, name, "could not be compared: "+pgerr.Reason(err), "compare by hand: SELECT pg_get_indexdef(…)")
	}
	return refuse(len(strange) > 0, name, either(len(strange) == 0, "as drafted", strings.Join(strange, ", ")+" not as drafted"),
		"look at it: somebody else made an index of this name")
}

// measure adds the size and the time that the build took beside what was estimated.
func (w *work) measure(ctx context.Context, ask *live.Asker, states []state, v *playbooks.Verification) {
	var oids []uint32
	for _, s := range states {
		if s.kind == "i" {
			oids = append(oids, s.oid)
		}
	}
	var bytes int64
	var at time.Time
	err := ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, query("build_size"), oids).Scan(&bytes, &at)
	})
	if err != nil {
		v.Checks = append(v.Checks, caution(true, "size", "could not be measured: "+pgerr.Reason(err), "measure it later: pg_relation_size"))
		return
	}
	saw := figure.Size(float64(bytes))
	if estimated := w.order.bytes(); estimated > 0 {
		saw += ", estimated " + figure.Size(estimated)
	}
	v.Checks = append(v.Checks, pass("size", saw))
	v.Facts = append(v.Facts, w.fact("index.size", float64(bytes), "bytes", at, "pg_relation_size", record.Measured))
	took := time.Duration(w.took.Load())
	if took == 0 {
		return
	}
	saw = took.Round(10 * time.Millisecond).String()
	if estimated := w.order.expected(); estimated > 0 {
		saw += ", estimated " + estimated.Round(10*time.Millisecond).String() + " for an idle server and without waiting"
	}
	v.Checks = append(v.Checks, pass("time", saw))
	v.Facts = append(v.Facts, w.fact("index.build", took.Seconds(), "s", at, "from sending the first statement to the last answer", record.Measured))
}

// expected is the estimated time of all indexes together; 0: not known.
func (o Order) expected() time.Duration {
	var sum time.Duration
	for _, x := range o.Indexes {
		if x.Took == 0 {
			return 0
		}
		sum += x.Took
	}
	return sum
}

// fact is a figure of the order's first index, in whose name it was confirmed.
func (w *work) fact(kind string, value float64, unit string, at time.Time, method string, status record.Status) record.Fact {
	x := w.order.Indexes[0]
	conditions := "just built"
	if n := len(w.order.Indexes); n > 1 {
		conditions = fmt.Sprintf("just built, %d indexes together", n)
	}
	return record.Fact{Kind: kind, Subject: words(x.Shape.Schema, x.name()), Value: value, Unit: unit, From: at, To: at, Method: method, Conditions: conditions,
		Source: "catalogue", Status: status}
}

// analyzed says where the statistics of an expression were not gathered.
func (w *work) analyzed(v *playbooks.Verification) {
	for i := max(int(w.at.Load()), 0); i < len(w.steps); i++ {
		if s := w.steps[i]; s.kind == stepAnalyze {
			v.Checks = append(v.Checks, caution(true, "statistics", "those of the index's expression were not gathered: the planner's estimates stay wrong", shown(s.SQL)))
		}
	}
}

// comparePlans takes the plan again. That it cannot be taken takes nothing from the index: it is said.
func (w *work) comparePlans(ctx context.Context, ask *live.Asker, v *playbooks.Verification) {
	if w.order.Again == nil {
		return
	}
	after, err := w.order.Again(ctx, ask)
	if err != nil {
		v.Checks = append(v.Checks, caution(true, "plan", "could not be taken again: "+err.Error(), "take it by hand"))
		return
	}
	if before := w.order.Before; before != nil { // the values are those of before, so the plan is of the same class
		after.Origin.Class, after.Origin.Parameters = before.Origin.Class, before.Origin.Parameters
	}
	v.After = after
	used := w.uses(after)
	v.Checks = append(v.Checks, caution(!used, "plan", either(used, "uses the index", "does not use the index"),
		"ANALYZE "+w.tables()+" and take the plan again; if it stays so, undo"))
	if check, ok := rowsCheck(w.order.Before, after); ok {
		v.Checks = append(v.Checks, check)
	}
}

// uses says whether a plan uses one of the indexes.
func (w *work) uses(p *plan.Plan) bool {
	used := false
	p.Walk(func(n *plan.Node, _ int) {
		for _, part := range w.parts {
			used = used || n.Index == part.name
		}
	})
	return used
}

// halving is the share of the rows read before that an index must save at least.
const halving = 0.5

// rowsCheck compares the rows read; false where either plan was not analysed.
func rowsCheck(before, after *plan.Plan) (playbooks.Check, bool) {
	if before == nil {
		return playbooks.Check{}, false
	}
	was, ok := before.RowsRead()
	is, again := after.RowsRead()
	if !ok || !again {
		return playbooks.Check{}, false
	}
	saw := fmt.Sprintf("%s → %s (EXPLAIN ANALYZE)", figure.Count(was), figure.Count(is))
	if is <= halving*was {
		saw += fmt.Sprintf(", %s times fewer", figure.Count(was/max(is, 1)))
	}
	return caution(is > halving*was, "rows read", saw, "it did not help as estimated: undo"), true
}

// duplicateTable is the SQLSTATE of a name that is taken.
const duplicateTable = "42P07"

// made says whether a statement that was sent made an index that is there: it ended well, or its reply is lost, or it left it INVALID.
func (w *work) made(p part, s state) bool {
	name, at := sqltext.Ident(p.schema, p.name), int(w.at.Load())
	step := slices.IndexFunc(w.steps, func(s Step) bool { return s.makes == name })
	refused := pgerr.State(w.ended)
	switch {
	case at == nothingSent:
		return false
	case step != at:
		return step < at
	case refused == duplicateTable || errors.Is(w.ended, live.ErrStopped):
		return false
	case refused == "" || strings.HasPrefix(refused, "57P"):
		return true
	}
	return w.steps[step].kind == stepCreate && !s.valid
}

// undo drafts taking back what stands of the build, with its definitions as they are now; nil where nothing does, or nothing was sent.
func (w *work) undo(ctx context.Context, ask *live.Asker, states []state) (*playbooks.Draft, error) {
	if w.at.Load() == nothingSent {
		return nil, nil
	}
	ours := map[uint32]bool{}
	for i, p := range w.parts {
		s := states[i]
		ours[s.oid] = p.ours && s.oid != 0 && s.table == p.relation.oid && (p.there || w.made(p, s))
	}
	d := &drop{relation: w.tables(), stays: extensionStays(texts(w.steps))}
	var earlier []string
	for i, p := range w.parts {
		s := states[i]
		switch {
		case s.oid == 0 || s.building || !ours[s.oid] && !ours[s.within]:
			continue
		case !ours[s.oid]:
			return nil, errors.New("it is not drafted: dropping it would also drop " + words(p.schema, p.name) + ", which was there before and is a part of it now")
		case s.within != 0 && !ours[s.within]:
			return nil, errors.New("it is not drafted: " + words(p.schema, p.name) + " is a part of an index now that was there before, and is dropped with that only")
		case p.there:
			earlier = append(earlier, words(p.schema, p.name))
		}
		d.targets = append(d.targets, dropTarget{schema: p.schema, name: p.name, oid: s.oid, table: s.table, parent: s.kind == "I", attached: s.within != 0, invalid: !s.valid})
	}
	if len(d.targets) == 0 {
		return nil, nil
	}
	if len(earlier) > 0 {
		d.why = "it was built by this playbook, in part by a run of the same draft that did not end: " + strings.Join(earlier, ", ")
	}
	return d.draft(ctx, ask)
}

// undoSteps are the statements that would take the whole build back; none where that would drop what was there before.
func (w *work) undoSteps() []Step {
	ours := map[string]bool{}
	for _, p := range w.parts {
		ours[sqltext.Ident(p.schema, p.name)] = p.ours
	}
	d := &drop{}
	for _, p := range w.parts {
		switch {
		case p.within != "" && p.ours != ours[p.within]:
			return nil
		case p.ours:
			d.targets = append(d.targets, dropTarget{schema: p.schema, name: p.name, table: p.relation.oid, parent: p.relation.partitioned(), attached: p.within != ""})
		}
	}
	return d.plan()
}
