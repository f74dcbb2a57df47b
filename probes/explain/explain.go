package explain

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
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
	UserOID   uint32 // of the role that runs it: its search_path comes first. 0: not known
	Database  string // that it runs in; empty: the one that pgmedic looks at
	Class     plan.Class
	Values    map[int]*string // the parameters' values as text, nil: NULL; those left out are chosen as for plan.Heavy
	Pattern   string
	Constants string        // in words, whose constants those of the statement are, as Text says; empty: nothing is to be said of them
	Analyze   bool          // EXPLAIN (ANALYZE, BUFFERS): runs the statement, read-only and rolled back
	Timeout   time.Duration // statement_timeout; the ask session has a default

	ConsentedTo *probes.Server // a person was told what ANALYZE does on this server, and typed the word; nil: nobody was asked
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
// For plan.Heavy and plan.Typical it plans generically first, reads from the conditions which column each parameter meets, and takes the values from pg_stats.
// A statement that has no parameters is planned with its own constants, and its plan then says plan.Given.
func Explain(ctx context.Context, in Context, q Question) (*plan.Plan, error) {
	if err := refuse(q); err != nil {
		return nil, err
	}
	e := explainer{Context: in, question: q}
	if err := e.ready(ctx); err != nil {
		return nil, e.explainError(ctx, err)
	}
	made, err := e.explain(ctx, q.Class)
	if err != nil {
		return nil, e.explainError(ctx, err)
	}
	return made, nil
}

// Classes plans a statement once for each class of values, in their order, with a single parse and a single look at the statistics. The error is that of the first; of
// the others, one that cannot be planned is left out, and so is one that would be the same: without parameters there is one plan. None is analysed.
func Classes(ctx context.Context, in Context, q Question, classes ...plan.Class) ([]*plan.Plan, error) {
	if err := refuse(q); err != nil {
		return nil, err
	}
	q.Analyze = false
	e := explainer{Context: in, question: q}
	if err := e.ready(ctx); err != nil {
		return nil, e.explainError(ctx, err)
	}
	var all []*plan.Plan
	for i, class := range classes {
		made, err := e.explain(ctx, class)
		if err != nil && i == 0 {
			return nil, e.explainError(ctx, err)
		}
		same := func(before *plan.Plan) bool { return before.Origin.Class == made.Origin.Class }
		if err == nil && !slices.ContainsFunc(all, same) {
			all = append(all, made)
		}
	}
	return all, nil
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
	path       searchPath
	tried      []string // whose search_paths did not resolve its names
	parameters []plan.Parameter
	types      []uint32 // of the parameters as they are declared; 0: by their place in the statement
	assumed    []string // which types were assumed
	parses     int      // how often the statement was parsed
	powerful   bool     // pgmedic's role may have the server write files and run programs
	homes      homes    // of the names in its plans

	valueless *plan.Plan // without values
	known     []known    // of each parameter; nil: not read yet
	together  []int      // the parameters whose values were taken from one row

	returnsRows bool     // it returns columns: INSERT and SELECT INTO do not
	unreadable  []string // what the role lacks to read the statistics that were asked for
}

// ready parses the statement and plans it without values.
func (e *explainer) ready(ctx context.Context) error {
	if err := e.begin(ctx); err != nil {
		return err
	}
	if err := e.prepare(ctx); err != nil {
		return err
	}
	if err := e.refuseForeign(ctx); err != nil {
		return err
	}
	var err error
	if e.valueless, err = e.generic(ctx); err != nil {
		return fmt.Errorf("planning it without values: %w", err)
	}
	return nil
}

func (e *explainer) explain(ctx context.Context, class plan.Class) (*plan.Plan, error) {
	if e.question.Analyze {
		if err := e.analyzable(ctx, e.valueless); err != nil {
			return nil, err
		}
	} else if class == plan.Generic {
		e.forgetValues()
		return e.describe(e.valueless, e.classOf(class)), nil
	}
	if err := e.chooseValues(ctx, class); err != nil {
		return nil, err
	}
	if e.isBlind(class) {
		return e.blind(e.valueless)
	}
	made, err := e.tryWithValues(ctx, "force_custom_plan", e.question.Analyze)
	if !e.question.Analyze && isValueRefused(err) && e.dropPlaceholders() { // ANALYZE may have run it: no second try
		made, err = e.tryWithValues(ctx, "force_custom_plan", false)
	}
	if err != nil {
		return nil, fmt.Errorf("planning it with values: %w", err)
	}
	return e.describe(made, e.classOf(class)), nil
}

// classOf is the class of the plan that was asked for: without parameters it is made with the statement's own constants.
func (e *explainer) classOf(class plan.Class) plan.Class {
	if len(e.parameters) == 0 {
		return plan.Given
	}
	return class
}

// begin reads the session's own search_path, and what its role may.
func (e *explainer) begin(ctx context.Context) error {
	if err := e.Tx.QueryRow(ctx, query("own_path")).Scan(&e.path.setting, &e.powerful); err != nil {
		return fmt.Errorf("reading the search_path: %w", err)
	}
	return nil
}

// The statements around what may fail. Cost under 0.1 ms each, all versions, every role.
const (
	savepoint = "SAVEPOINT " + probes.OwnTag + "explain */ pgmedic_attempt"
	release   = "RELEASE " + probes.OwnTag + "explain */ SAVEPOINT pgmedic_attempt"
	goBack    = "ROLLBACK " + probes.OwnTag + "explain */ TO SAVEPOINT pgmedic_attempt"
)

// attempt does what may fail without an end of the transaction.
func (e *explainer) attempt(ctx context.Context, do func() error) error {
	if _, err := e.Tx.Exec(ctx, savepoint); err != nil {
		return err
	}
	if err := do(); err != nil {
		if !e.Tx.Conn().IsClosed() {
			e.goBack(ctx)
		}
		return err
	}
	_, err := e.Tx.Exec(ctx, release)
	return err
}

// goBack undoes what was done since the savepoint, settings too. Where this fails, everything after it does too: the error before it is the one that counts.
func (e *explainer) goBack(ctx context.Context) {
	for _, sql := range []string{goBack, release} {
		if _, err := e.Tx.Exec(ctx, sql); err != nil {
			return
		}
	}
}

// describe notes where the plan comes from.
func (e *explainer) describe(p *plan.Plan, class plan.Class) *plan.Plan {
	for _, own := range []string{"plan_cache_mode", "search_path", "jit"} {
		delete(p.Settings, own) // the question's, not the server's
	}
	p.Origin = plan.Origin{
		SystemIdentifier: e.Server.SystemIdentifier,
		Database:         e.Server.Database,
		QueryID:          e.question.QueryID,
		Statement:        sqltext.Clean(sqltext.Normalise(e.statement)),
		Class:            class,
		Parameters:       slices.Clone(e.parameters),
		Values:           e.digest(),
		Analyzed:         e.question.Analyze,
		Pattern:          e.question.Pattern,
		TakenAt:          e.Now,
		SearchPath:       e.path.setting,
		Rivals:           p.Origin.Rivals,
		Path:             e.path.owner,
		Note:             strings.Trim(e.question.Constants+"; "+e.note(), "; "),
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

// isOneOf says whether the server refused with one of the SQLSTATEs.
func isOneOf(err error, states ...string) bool {
	return slices.Contains(states, pgerr.State(err))
}
