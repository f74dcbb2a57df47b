package index

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/record"
)

//go:embed sql/built.sql
var builtSQL string

// Verify implements playbooks.Work: the index is valid and as drafted, and the same plan taken again uses it and reads less.
func (b *build) Verify(ctx context.Context, ask *live.Asker) (playbooks.Verification, error) {
	name := b.definition.name()
	built, elsewhere, err := b.readBack(ctx, ask)
	if err != nil {
		return playbooks.Verification{}, fmt.Errorf("reading back index %s: %w", name, err)
	}
	v := playbooks.Verification{Before: b.before}
	switch {
	case built == nil && elsewhere != "":
		v.Checks = []playbooks.Check{verdict(false, "valid", name+" is not on the table that was drafted for: "+elsewhere+" has it",
			"look at it: where the build made it and nothing needs it, "+dropSQL(b.definition.Schema, name))}
		return v, nil
	case built == nil:
		v.Checks = []playbooks.Check{verdict(false, "valid", "there is no index "+name, "nothing is left behind; draft again when the reason is gone")}
		return v, nil
	case built.Building:
		v.Checks = []playbooks.Check{verdict(false, "valid", name+" is still being built", "wait for it: it goes on without pgmedic")}
		return v, nil
	case !built.Valid:
		v.Undo = b.undo(built.OID)
		v.Checks = []playbooks.Check{verdict(false, "valid", name+" is INVALID: it serves no query and still costs every write",
			"clean up with "+dropSQL(b.definition.Schema, name))}
		return v, nil
	}
	v.Undo = b.undo(built.OID)
	v.Checks = []playbooks.Check{verdict(true, "valid", name+" is valid and ready", ""), b.shapeCheck(built.existing),
		{Verdict: playbooks.Pass, Name: "size", Saw: fmt.Sprintf("%s, estimated %s", size(float64(built.Bytes)), size(b.bytes))}}
	v.Facts = []record.Fact{b.sizeFact(built.Bytes, built.At)}
	v.Done = v.Checks[1].Verdict == playbooks.Pass
	b.comparePlans(ctx, ask, &v)
	return v, nil
}

// builtIndex is what was read back of the index.
type builtIndex struct {
	existing
	Bytes int64     // where it is valid
	At    time.Time // of the size; server clock
}

// readBack returns the index; nil where the table has none of its name, and then what else has that name, as named.
func (b *build) readBack(ctx context.Context, ask *live.Asker) (built *builtIndex, elsewhere string, err error) {
	err = ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		indexes, err := readIndexes(ctx, tx, b.table)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(indexes, func(x existing) bool { return x.Name == b.definition.name() })
		if at < 0 {
			elsewhere, err = b.named(ctx, tx)
			return err
		}
		built = &builtIndex{existing: indexes[at]}
		if !built.Valid {
			return nil
		}
		return tx.QueryRow(ctx, builtSQL, built.OID).Scan(&built.Bytes, &built.At)
	})
	return built, elsewhere, err
}

func (b *build) shapeCheck(x existing) playbooks.Check {
	t := table{Schema: b.definition.Schema, Name: b.definition.Table}
	d, ok := t.definition(x)
	ok = ok && slices.Equal(d.Keys, b.definition.Keys) && samePredicate(d.Predicate, b.definition.Predicate)
	return verdict(ok, "definition", either(ok, "as drafted", "not as drafted"), "look at it: somebody else made an index of this name")
}

// comparePlans takes the plan again. That it cannot be taken takes nothing from the index: it is said.
func (b *build) comparePlans(ctx context.Context, ask *live.Asker, v *playbooks.Verification) {
	after, err := ask.Explain(ctx, b.question)
	if err != nil {
		v.Checks = append(v.Checks, caution(false, "plan", "could not be taken again: "+err.Error(), "take it by hand"))
		return
	}
	// The values are those of before, so the plan is of the same class.
	after.Origin.Class, after.Origin.Parameters = b.before.Origin.Class, b.before.Origin.Parameters
	v.After = after
	used := uses(after, b.definition.name())
	v.Checks = append(v.Checks, caution(used, "plan", either(used, "uses the index", "does not use the index"),
		"ANALYZE "+b.relation+" and take the plan again; if it stays so, undo"))
	if check, ok := rowsCheck(b.before, after); ok {
		v.Checks = append(v.Checks, check)
	}
}

func uses(p *plan.Plan, index string) bool {
	used := false
	p.Walk(func(n *plan.Node, _ int) { used = used || n.Index == index })
	return used
}

// rowsCheck compares the rows read; false where either plan was not analysed.
func rowsCheck(before, after *plan.Plan) (playbooks.Check, bool) {
	was, ok := before.RowsRead()
	is, again := after.RowsRead()
	if !ok || !again {
		return playbooks.Check{}, false
	}
	saw := fmt.Sprintf("%s → %s (%s)", count(was), count(is), byAnalyze)
	if is <= halving*was {
		saw += fmt.Sprintf(", %s times fewer", count(was/max(is, 1)))
	}
	return caution(is <= halving*was, "rows read", saw, "it did not help as estimated: undo"), true
}

// undo drafts taking the index back.
func (b *build) undo(index uint32) *playbooks.Draft {
	return dropDraft(&drop{
		schema: b.definition.Schema, name: b.definition.name(), relation: b.relation, index: index, createSQL: b.definition.createSQL(),
	})
}
