package explain

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// prepare parses the statement on the server, with its caller's search_path first where that is another than the session's own: the same name may stand
// for another table there.
func (e *explainer) prepare(ctx context.Context) error {
	e.statement = sqltext.Repair(e.question.Statement, e.Server.Version)
	paths, err := e.paths(ctx)
	if err != nil {
		return fmt.Errorf("reading its callers' search_path: %w", err)
	}
	var first error
	for _, path := range paths {
		e.path = path
		err := e.parse(ctx)
		if err == nil {
			return e.readTypes(ctx)
		}
		if first == nil || path.owner == "" {
			first = err // that of the session's own path says most
		}
		if !isOneOf(err, unresolved...) && !isOneOf(err, lostType...) {
			return fmt.Errorf("parsing the statement: %w", err)
		}
		e.tried = append(e.tried, path.name())
	}
	for _, path := range paths {
		e.path = path
		if err := e.parseAssuming(ctx); err == nil {
			return e.readTypes(ctx)
		}
	}
	return fmt.Errorf("parsing the statement: %w", first)
}

// unresolved are the refusals that another search_path may mend: no such table, schema, function or operator, object (a type).
var unresolved = []string{"42P01", "3F000", "42883", "42704"}

// readTypes asks for the parameters' types. EXECUTE evaluates what a domain checks of a parameter, of NULL too, and that is anybody's function: a parameter
// is given the type under its domain, so that the statement is parsed with a cast to it, which planning does not evaluate.
func (e *explainer) readTypes(ctx context.Context) error {
	var names []string
	var domains bool
	err := e.Tx.QueryRow(ctx, query("parameter_types"), preparedName).Scan(&e.types, &names, &domains)
	if errors.Is(err, pgx.ErrNoRows) {
		return errors.New("through this pooler EXPLAIN is not possible, as it gives prepared statements names of its own: connect to the server directly")
	}
	if err != nil {
		return fmt.Errorf("reading the parameters' types: %w", err)
	}
	for i, name := range names {
		e.parameters = append(e.parameters, plan.Parameter{N: i + 1, Type: name})
	}
	if !domains {
		return nil
	}
	if err := e.parseAnew(ctx); err != nil {
		return fmt.Errorf("EXPLAIN would run what the domains of its parameters check, and without them it cannot be parsed: %s", pgerr.Reason(err))
	}
	return nil
}

// parseAnew has the server forget what it prepared, and its plan, first.
func (e *explainer) parseAnew(ctx context.Context) error {
	if err := e.Tx.Conn().PgConn().Deallocate(ctx, preparedName); err != nil {
		return err
	}
	return e.parseOnce(ctx)
}

// ownPath is where pgmedic's own queries look names up: nobody's function can stand in for a built-in one.
const ownPath = "pg_catalog"

// onPath does something with the statement's search_path, and in a plan_cache_mode. Afterwards, where it went well, pgmedic's own path is set again.
func (e *explainer) onPath(ctx context.Context, mode string, do func() error) error {
	if _, err := e.Tx.Exec(ctx, query("plan_mode"), mode, e.path.setting); err != nil {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	_, err := e.Tx.Exec(ctx, query("plan_mode"), "auto", ownPath)
	return err
}

// valuesTogether is how many values one setting holds.
const valuesTogether = 100

// asCompiled is sent before a statement is run: it is compiled where the application's is. What is only planned is not (see readOnlyBegin in package live), as the
// server would compile it for nothing: 1.4 s for 3,500 arms of an OR.
// Costs under 0.1 ms. Versions 13 and later. Every role may.
const asCompiled = "SET LOCAL " + probes.OwnTag + "as_compiled */ jit TO DEFAULT"

// planOptions are the options of every EXPLAIN.
const planOptions = "FORMAT JSON, VERBOSE, SETTINGS, COSTS"

// tryWithValues asks for the plan with the parameters' present values, or where the mode makes it so without, in one round trip: on the statement's search_path, and
// without an end of the transaction where it fails. Of what was set nothing but the values is left.
func (e *explainer) tryWithValues(ctx context.Context, mode string, analyze bool) (*plan.Plan, error) {
	values := make([]*string, len(e.parameters))
	for i, p := range e.parameters {
		values[i] = p.Value
	}
	type step struct {
		sql        string
		parameters []string
	}
	steps := []step{
		{savepoint, nil},
		{query("values"), []string{arrayOf(values), strconv.Itoa(valuesTogether)}},
		{query("plan_mode"), []string{mode, e.path.setting}},
		{explainSQL(e.parameters, analyze), nil},
		{query("plan_mode"), []string{"auto", ownPath}},
		{release, nil},
	}
	if analyze {
		steps = slices.Insert(steps, 1, step{asCompiled, nil})
	}
	batch := &pgconn.Batch{}
	for _, step := range steps {
		var parameters [][]byte
		for _, p := range step.parameters {
			parameters = append(parameters, []byte(p))
		}
		batch.ExecParams(step.sql, parameters, nil, nil, nil)
	}
	conn := e.Tx.Conn()
	results, err := conn.PgConn().ExecBatch(ctx, batch).ReadAll()
	if err != nil {
		if !conn.IsClosed() && len(results) > 0 {
			e.goBack(ctx)
		}
		return nil, err
	}
	return e.planIn(ctx, results[len(results)-3])
}

// readPlan asks for a plan by a text of its own, which is not bound.
func (e *explainer) readPlan(ctx context.Context, mode, sql string) (*plan.Plan, error) {
	var results []*pgconn.Result
	err := e.onPath(ctx, mode, func() (err error) {
		results, err = e.Tx.Conn().PgConn().Exec(ctx, sql).ReadAll()
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(results) != 1 {
		return nil, errNoPlan
	}
	return e.planIn(ctx, results[0])
}

var errNoPlan = errors.New("the server's answer is not one plan")

// planIn reads a plan. Its names were found by the statement's search_path.
func (e *explainer) planIn(ctx context.Context, result *pgconn.Result) (*plan.Plan, error) {
	if len(result.Rows) != 1 {
		return nil, errNoPlan
	}
	made, err := plan.Parse(result.Rows[0][0])
	if err != nil {
		return nil, err
	}
	return made, e.qualify(ctx, made)
}

// explainSQL is the text of EXPLAIN. It holds nothing of the statement but the types of its parameters, and no value: EXECUTE reads those from settings of the
// transaction, so that no server keeps them in pg_stat_statements.
// Costs the planning of the statement, with ANALYZE its execution. Versions 13 and later. Needs the privileges of the statement itself.
func explainSQL(parameters []plan.Parameter, analyze bool) string {
	options := planOptions
	if analyze {
		options = "ANALYZE, BUFFERS, " + options
	}
	values := make([]string, len(parameters))
	for i, p := range parameters {
		values[i] = "NULL"
		if p.Value != nil {
			values[i] = fmt.Sprintf("(pg_catalog.current_setting('pgmedic.values_%d')::pg_catalog.text[])[%d]%s", i/valuesTogether, i%valuesTogether+1, castTo(p.Type))
		}
	}
	list := ""
	if len(values) > 0 {
		list = "(" + strings.Join(values, ", ") + ")"
	}
	return "EXPLAIN " + probes.OwnTag + "explain */ (" + options + ") EXECUTE " + preparedName + list
}

// castTo is the cast of a text to a type as parameter_types.sql names it.
func castTo(typeName string) string {
	if typeName == "text" {
		return ""
	}
	return "::" + castType(typeName)
}

// castType names a type so that a cast to it cuts nothing: without a length character and bit would mean one character.
func castType(typeName string) string {
	switch typeName {
	case "character":
		return "pg_catalog.bpchar"
	case "bit":
		return `pg_catalog."bit"`
	}
	return typeName
}
