package explain

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// Question is what to explain.
type Question struct {
	Statement string // with $n or literals; repaired by Explain where needed
	QueryID   int64
	Class     plan.Class
	Values    map[int]string // for plan.Given: the parameters' values as text; those left out are chosen as for plan.Heavy
	Pattern   string
	Analyze   bool          // EXPLAIN (ANALYZE, BUFFERS): runs the statement, read-only and rolled back
	Timeout   time.Duration // statement_timeout; the ask session has a default
}

// preparedName is what the foreign statement is called in the ask session while it is explained.
const preparedName = "pgmedic_explained"

// patience is how long the server may take to forget it.
const patience = 2 * time.Second

// Context is where a statement is explained: a guarded, read-only transaction of the ask session.
type Context struct {
	Tx     pgx.Tx
	Server probes.Server
	Key    []byte    // of the digest of the values
	Now    time.Time // server clock
}

// Explain plans a statement: one statement only, prepared by the protocol. Even planning runs functions that are declared immutable; the transaction
// and its timeouts bound what they can do. The caller must call Forget afterwards.
//
// For plan.Heavy it plans generically first, reads from the conditions which column each parameter meets, and takes the values from pg_stats. A
// statement that has no parameters is planned with its own constants, and its plan then says plan.Given.
func Explain(ctx context.Context, in Context, q Question) (*plan.Plan, error) {
	e := explainer{Context: in, question: q}
	made, err := e.explain(ctx)
	if err != nil {
		return nil, explainError(err, q)
	}
	return made, nil
}

// Forget removes the foreign statement from the session. Never all of them: the driver has its own.
func Forget(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if !conn.IsClosed() {
		_ = conn.PgConn().Deallocate(ctx, preparedName) // no error where there is none of that name
	}
}

// explainer explains one statement within one transaction.
type explainer struct {
	Context
	question   Question
	statement  string // as planned
	parameters []plan.Parameter
}

func (e *explainer) explain(ctx context.Context) (*plan.Plan, error) {
	if err := e.prepare(ctx); err != nil {
		return nil, err
	}
	generic, err := e.plan(ctx, "force_generic_plan", false)
	if err != nil {
		return nil, fmt.Errorf("planning it without values: %w", err)
	}
	if e.question.Analyze {
		if err := analyzable(generic, e.question.Class, len(e.parameters)); err != nil {
			return nil, err
		}
	} else if e.question.Class == plan.Generic {
		return e.describe(generic), nil
	}
	if err := e.chooseValues(ctx, generic); err != nil {
		return nil, err
	}
	made, err := e.plan(ctx, "force_custom_plan", e.question.Analyze)
	if err != nil {
		return nil, fmt.Errorf("planning it with values: %w", err)
	}
	return e.describe(made), nil
}

// prepare parses the statement on the server: the protocol takes one statement only, so nothing can hide behind a semicolon. It is sent without
// pgmedic's tag: it has the application's query id, and pg_stat_statements may keep this text for it.
func (e *explainer) prepare(ctx context.Context) error {
	e.statement = sqltext.Repair(e.question.Statement, e.Server.Version)
	_, err := e.Tx.Conn().PgConn().Prepare(ctx, preparedName, e.statement, nil)
	if err != nil {
		return fmt.Errorf("parsing the statement: %w", err)
	}
	var types []string
	if err := e.Tx.QueryRow(ctx, query("parameter_types"), preparedName).Scan(&types); err != nil {
		return fmt.Errorf("reading the parameters' types: %w", err)
	}
	for i, name := range types {
		e.parameters = append(e.parameters, plan.Parameter{N: i + 1, Type: name})
	}
	return nil
}

// plan asks for the plan with the parameters' present values.
func (e *explainer) plan(ctx context.Context, mode string, analyze bool) (*plan.Plan, error) {
	if _, err := e.Tx.Exec(ctx, query("plan_mode"), mode); err != nil {
		return nil, err
	}
	results, err := e.Tx.Conn().PgConn().Exec(ctx, explainSQL(e.parameters, analyze)).ReadAll()
	if err != nil {
		return nil, err
	}
	if len(results) != 1 || len(results[0].Rows) != 1 {
		return nil, errors.New("the server's answer is not one plan")
	}
	return plan.Parse(results[0].Rows[0][0])
}

// explainSQL is the text of EXPLAIN. It holds nothing of the statement: our name and quoted values. They have no casts: EXECUTE makes them the
// parameters' own types, whereas a cast to char or bit would cut them to one character.
// Costs the planning of the statement, with ANALYZE its execution. Versions 13 and later. Needs the privileges of the statement itself.
func explainSQL(parameters []plan.Parameter, analyze bool) string {
	options := "FORMAT JSON, VERBOSE, SETTINGS, COSTS"
	if analyze {
		options = "ANALYZE, BUFFERS, " + options
	}
	values := make([]string, len(parameters))
	for i, p := range parameters {
		value := "NULL"
		if p.Value != nil {
			value = sqltext.Literal(*p.Value)
		}
		values[i] = value
	}
	list := ""
	if len(values) > 0 {
		list = "(" + strings.Join(values, ", ") + ")"
	}
	return "EXPLAIN " + probes.OwnTag + "explain */ (" + options + ") EXECUTE " + preparedName + list
}

// analyzable refuses to run what changes data, and what would run with no values.
func analyzable(generic *plan.Plan, class plan.Class, parameters int) error {
	if class == plan.Generic && parameters > 0 {
		return errors.New("EXPLAIN ANALYZE runs the statement and so needs values: ask for the heavy hitter's plan")
	}
	writes := false
	generic.Walk(func(n *plan.Node, _ int) {
		writes = writes || n.Type == "ModifyTable" || n.Type == "LockRows"
	})
	if writes {
		return errors.New("EXPLAIN ANALYZE would change or lock rows: only statements that just read are run")
	}
	return nil
}

// describe notes where the plan comes from.
func (e *explainer) describe(p *plan.Plan) *plan.Plan {
	delete(p.Settings, "plan_cache_mode") // that is the question's, not the server's
	class := e.question.Class
	if class == plan.Heavy && len(e.parameters) == 0 {
		class = plan.Given // its own constants
	}
	p.Origin = plan.Origin{
		SystemIdentifier: e.Server.SystemIdentifier,
		Database:         e.Server.Database,
		QueryID:          e.question.QueryID,
		Statement:        sqltext.Clean(sqltext.Normalise(e.statement)),
		Class:            class,
		Parameters:       e.parameters,
		Values:           e.digest(),
		Analyzed:         e.question.Analyze,
		Pattern:          e.question.Pattern,
		TakenAt:          e.Now,
	}
	return p
}

// digest tells equal texts and values from others, for who has the key.
func (e *explainer) digest() string {
	mac := hmac.New(sha256.New, e.Key)
	fmt.Fprintf(mac, "%q", e.statement)
	for _, p := range e.parameters {
		if p.Value != nil {
			fmt.Fprintf(mac, " %d %q", p.N, *p.Value)
		}
	}
	return hex.EncodeToString(mac.Sum(nil))
}

// explainAdvice is what a person can do when a statement cannot be explained, by SQLSTATE.
var explainAdvice = map[string]string{
	"42501": "GRANT pg_read_all_data TO pgmedic's role (14+), or SELECT on the tables and USAGE on their schema",
	"42P01": "it may belong to another search_path than that of pgmedic's role",
	"3F000": "it may belong to another search_path than that of pgmedic's role",
	"42601": "its text is not one complete statement: clipped, or several in one message",
	"42P18": "a parameter's type cannot be told from the text",
	"55P03": "somebody holds a table of it locked: see who blocks",
	"25006": "it writes: pgmedic explains in a read-only transaction",
}

// explainError says why there is no plan and what to do next.
func explainError(err error, q Question) error {
	state := pgerr.State(err)
	if state == "" {
		return pgerr.Harmless(fmt.Errorf("explaining the statement: %w", err))
	}
	failed := "explaining the statement: " + pgerr.Reason(err)
	if state == "57014" {
		failed += fmt.Sprintf(": it took longer than %s", q.Timeout)
	}
	if advice, ok := explainAdvice[state]; ok {
		failed += ": " + advice
	}
	return pgerr.Say(failed, err)
}
