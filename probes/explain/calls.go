package explain

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// call is a function that a statement calls, as calls.sql finds it.
type call struct {
	Name     string
	Volatile bool
	Foreign  bool // owned by a role that is no superuser
}

// calls looks up what the statement calls; planned are the names that its plan calls, where there is one.
func (e *explainer) calls(ctx context.Context, planned []string) ([]call, error) {
	var schemas, names []string
	var called, fields []bool
	for _, n := range sqltext.Names(e.statement) {
		if n.Escaped {
			return nil, errors.New(`it has a name written with escapes, U&"…": what it calls cannot be looked up`)
		}
		schemas, names = append(schemas, n.Schema), append(names, n.Name)
		called, fields = append(called, n.Called), append(fields, n.Field)
	}
	rows, err := e.Tx.Query(ctx, query("calls"), schemas, names, called, fields, e.path.schemas, sqltext.Operators(e.statement), planned,
		e.types)
	if err != nil {
		return nil, fmt.Errorf("looking its functions up: %w", err)
	}
	calls, err := pgx.CollectRows(rows, pgx.RowToStructByPos[call])
	if err != nil {
		return nil, fmt.Errorf("looking its functions up: %w", err)
	}
	return calls, nil
}

// namesWhere lists the functions that a test is true of, fit to be shown; empty: none.
func namesWhere(calls []call, test func(call) bool) string {
	var names []string
	for _, c := range calls {
		if test(c) {
			names = append(names, c.Name)
		}
	}
	return sqltext.CleanLine(strings.Join(names, ", "))
}

// refuseForeign keeps a superuser, or who may have the server run programs, from planning a statement that may call a function which belongs to neither
// the server nor a superuser: planning runs it with the rights of whoever plans, where it is declared immutable.
func (e *explainer) refuseForeign(ctx context.Context) error {
	if !e.powerful {
		return nil
	}
	calls, err := e.calls(ctx, nil)
	if err != nil {
		return err
	}
	names := namesWhere(calls, func(c call) bool { return c.Foreign })
	if names == "" {
		return nil
	}
	return fmt.Errorf("it may call %s, which belongs to a role that is no superuser, and planning could run it with the rights of pgmedic's role, which is "+
		"one or may run programs on the server: connect as a role that may only look (pgmedic doctor --grants)", names)
}
