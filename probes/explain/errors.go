package explain

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// ElsewhereError says that a statement runs in another database than the one that pgmedic looks at.
type ElsewhereError struct {
	Database string // that it runs in, made harmless for a terminal
	Here     string // that pgmedic looks at
}

func (e *ElsewhereError) Error() string {
	return fmt.Sprintf("it runs in database %s and pgmedic looks at %s: start pgmedic with -d %s to work on it", e.Database, e.Here,
		sqltext.ShellDatabase(e.Database))
}

// refuse says what is never explained.
func refuse(q Question) error {
	switch {
	case strings.TrimSpace(q.Statement) == "":
		return errors.New("the statement's text is not known yet: nothing to explain")
	case sqltext.IsUtility(q.Statement):
		return errors.New("this is a utility statement: it has no plan to explain")
	}
	return nil
}

// advice is what a person can do when a statement cannot be explained, by SQLSTATE.
var advice = map[string]string{
	"42501": "GRANT pg_read_all_data TO pgmedic's role (14+), or SELECT on the tables and USAGE on their schema",
	"42P01": "it may belong to another search_path, or to a schema without USAGE for pgmedic's role",
	"3F000": "it may belong to another search_path, or to a schema without USAGE for pgmedic's role",
	"42601": "its text is not one complete statement: clipped, or several in one message",
	"42703": "its text is clipped, or it runs inside a function, whose variables stand in the text as names",
	"42P18": "a parameter's type cannot be told from the text",
	"42725": "pg_stat_statements took the constant out whose type decides: try again while it runs, its text then has its constants (14+)",
	"42804": "pg_stat_statements took the constant out whose type decides: try again while it runs, its text then has its constants (14+)",
	"42883": "it may belong to another search_path; or pg_stat_statements took the constant out whose type decides: try again while it runs (14+)",
	"42704": "it may belong to another search_path, or to a schema without USAGE for pgmedic's role",
	"25006": "it writes: pgmedic explains in a read-only transaction",
	"54001": "it is nested deeper than max_stack_depth allows",
}

// adviceForWrites is for a missing privilege to plan what writes.
const adviceForWrites = "EXPLAIN of what writes or locks rows needs the privilege to, though nothing is written: GRANT INSERT, UPDATE or DELETE ON the " +
	"table TO pgmedic's role, besides pg_read_all_data (14+) or SELECT; plans of SELECTs need no more than that"

// explainError says why there is no plan and what to do next.
func (e *explainer) explainError(ctx context.Context, err error) error {
	state := pgerr.State(err)
	if state == "" {
		return pgerr.Harmless(fmt.Errorf("explaining the statement: %w", err))
	}
	failed := "explaining the statement: " + pgerr.Reason(err)
	switch {
	case state == "57014":
		failed += fmt.Sprintf(": it took longer than %s", e.question.Timeout)
	case state == "55P03":
		failed += ": " + e.locker(ctx)
	case len(e.tried) > 1:
		failed += ": tried with the search_path of " + strings.Join(e.tried, ", then ")
	}
	next, ok := advice[state]
	if state == "42501" && sqltext.Writes(e.statement) {
		next = adviceForWrites
	}
	if ok {
		failed += ": " + next
	}
	return pgerr.Say(failed, err)
}

// locker says who keeps readers out of a relation that the statement names.
func (e *explainer) locker(ctx context.Context) string {
	const unknown = "somebody holds a table of it locked: see who blocks"
	var schemas, names []string
	for _, n := range sqltext.Names(e.statement) {
		schemas, names = append(schemas, n.Schema), append(names, n.Name)
	}
	var l locker
	err := e.Tx.QueryRow(ctx, query("lockers"), schemas, names, e.path.schemas).Scan(&l.pid, &l.schema, &l.relation, &l.granted, &l.state, &l.application, &l.seconds)
	if err != nil {
		return unknown
	}
	return l.String()
}

// locker is a session, or a prepared transaction, in the way of a reader.
type locker struct {
	pid                *int32 // nil: a prepared transaction
	schema, relation   string
	granted            bool
	state, application *string
	seconds            *float64 // since its transaction began
}

func (l locker) String() string {
	who := "a prepared transaction"
	if l.pid != nil {
		who = fmt.Sprintf("session %d", *l.pid)
		var about []string
		for _, text := range []*string{l.application, l.state} {
			if text != nil && *text != "" {
				about = append(about, sqltext.CleanLine(*text))
			}
		}
		if l.seconds != nil {
			about = append(about, "its transaction is "+time.Duration(*l.seconds*float64(time.Second)).Round(time.Second).String()+" old")
		}
		if len(about) > 0 {
			who += " (" + strings.Join(about, ", ") + ")"
		}
	}
	does := "holds"
	if !l.granted {
		does = "waits for"
	}
	return fmt.Sprintf("%s %s an AccessExclusiveLock on %s, which is locked for readers: see who blocks",
		who, does, sqltext.CleanLine(sqltext.Ident(l.schema, l.relation)))
}
