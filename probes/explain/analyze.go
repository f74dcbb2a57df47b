package explain

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pgmedic/pgmedic/probes/plan"
)

// analyzable refuses to run what changes data, what would run with no values, what runs on another server, and what could do something that a rollback does
// not take back. Functions are judged by what they are declared as: one that is declared stable and lies, or that is hidden from calls.sql, is bounded by the
// transaction alone, and by the end of its session.
func (e *explainer) analyzable(ctx context.Context, generic *plan.Plan) error {
	if e.question.Class == plan.Generic && len(e.parameters) > 0 {
		return errors.New("EXPLAIN ANALYZE runs the statement and so needs values: ask for the heavy hitter's plan")
	}
	if why := unfit(generic); why != "" {
		return errors.New(why)
	}
	if !e.returnsRows {
		return errors.New("EXPLAIN ANALYZE is for statements that return rows, and this one does something else with them, as SELECT INTO does")
	}
	return e.refuseVolatile(ctx, generic)
}

func unfit(generic *plan.Plan) string {
	why := ""
	generic.Walk(func(n *plan.Node, _ int) {
		switch n.Type {
		case "ModifyTable", "LockRows":
			why = "EXPLAIN ANALYZE would change or lock rows: only statements that just read are run"
		case "Foreign Scan":
			why = "EXPLAIN ANALYZE would read a foreign table: what it does on the other server is not bounded by the timeouts here"
		}
	})
	return why
}

func (e *explainer) refuseVolatile(ctx context.Context, generic *plan.Plan) error {
	calls, err := e.calls(ctx, generic.Calls())
	if err != nil {
		return err
	}
	names := namesWhere(calls, func(c call) bool { return c.Volatile })
	if names == "" {
		return nil
	}
	return fmt.Errorf("EXPLAIN ANALYZE would run %s, declared volatile: it could do what a rollback does not take back (a sequence, an advisory lock, another "+
		"server); only statements without such functions are run", names)
}

// isBlind says whether the values that were asked for could not be chosen because this role may not read a single one of the statistics.
func (e *explainer) isBlind(class plan.Class) bool {
	if len(e.unreadable) == 0 || class == plan.Given {
		return false
	}
	for _, p := range e.parameters {
		if p.From != plan.FromNeutral && p.From != plan.FromNone {
			return false
		}
	}
	return true
}

// blind returns the generic plan as what it is. It is not run.
func (e *explainer) blind(generic *plan.Plan) (*plan.Plan, error) {
	if e.question.Analyze {
		return nil, errors.New("EXPLAIN ANALYZE runs the statement and so needs values: " + e.note())
	}
	e.forgetValues()
	return e.describe(generic, plan.Generic), nil
}

func (e *explainer) forgetValues() {
	e.together = nil
	for i := range e.parameters {
		e.parameters[i].Value, e.parameters[i].From = nil, plan.FromNone
	}
}

// note says what about the values a reader must know.
func (e *explainer) note() string {
	var notes []string
	if len(e.unreadable) > 0 {
		notes = append(notes, "statistics that this role may not read: "+strings.Join(e.unreadable, "; "))
	}
	for _, note := range []string{e.assumptions(), e.madeUp(), e.ofOneRow()} {
		if note != "" {
			notes = append(notes, note)
		}
	}
	return strings.Join(notes, "; ")
}
